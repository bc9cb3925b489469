import { initGraphQLTada } from 'gql.tada';
import type { introspection } from './generated/graphql-env';

export const graphql = initGraphQLTada<{ introspection: typeof introspection; scalars: { DateTime: string } }>();
