import type { CodegenConfig } from '@graphql-codegen/cli';

export default {
  // The directive is for the cache (see src/client.ts), which does not send it.
  schema: ['../../schema.graphql', 'directive @_relayPagination on FIELD'],
  documents: 'src/**/*.tsx',
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: { unmaskFunctionName: 'readFragment' } },
      config: { scalars: { DateTime: 'string' }, strictScalars: true, useTypeImports: true },
    },
  },
} satisfies CodegenConfig;
