import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../../../schema.graphql',
  documents: '*.test.ts',
  generates: {
    './generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        scalars: { DateTime: 'string' },
        strictScalars: true,
        nonOptionalTypename: true,
        skipTypeNameForRoot: true,
      },
    },
    './generated/possible-types.ts': { plugins: ['fragment-matcher'] },
  },
};

export default config;
