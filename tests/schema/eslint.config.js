// `eslint -c tests/schema/eslint.config.js schema.graphql`, in the project's folder.
import graphql from '@graphql-eslint/eslint-plugin';

const { configs, parser } = graphql;

// The arguments of the directives that GraphQL itself has: async-graphql prints and describes those.
const LANGUAGE = '[type=InputValueDefinition][parent.name.value=/^(include|skip|specifiedBy)$/]';

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: { parser, parserOptions: { graphQLConfig: { schema: 'schema.graphql' } } },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...configs['flat/schema-recommended'].rules,
      ...configs['flat/schema-relay'].rules,
      // Each and every one, arguments and enum values too.
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          rootField: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          DirectiveDefinition: true,
          ignoredSelectors: [LANGUAGE],
        },
      ],
      // `nodes` are lists too, and so are `userErrors`.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false }],
      // What comes of a mutation, and the parts of a page, are no objects of their own.
      '@graphql-eslint/strict-id-in-types': [
        'error',
        {
          acceptedIdNames: ['id'],
          acceptedIdTypes: ['ID'],
          exceptions: { types: ['PageInfo', 'UserError'], suffixes: ['Connection', 'Edge', 'Payload'] },
        },
      ],
    },
  },
];
