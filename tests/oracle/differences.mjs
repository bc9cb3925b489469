// The deliberate differences between the server and graphql-js 16, and why each is one: graphql-js is asked about what makes none.
import { TypeInfo, isIntrospectionType, parse, visit, visitWithTypeInfo } from 'graphql';

/**
 * The document with no block string. To graphql-js 16, `"""a"""` and `"a"` are different arguments of fields that are merged; to the
 * specification they are the same value (5.3.2).
 */
export const withoutBlocks = (document) => visit(document, { StringValue: (node) => ({ ...node, block: false }) });

/**
 * The document with `false` for the variables of `@skip` and `@include` that are given as null, as those with a default may be. To the
 * specification, what is not true does not skip and does not include (6.3.2); graphql-js has an error there.
 */
export function withoutNullConditions(document, variables) {
  const isNull = ({ kind, name }) => kind === 'Variable' && variables?.[name.value] === null;
  const condition = (node) =>
    isNull(node.value) ? { ...node, value: { kind: 'BooleanValue', value: false } } : undefined;
  return visit(document, {
    Directive: (node) => ({ ...node, arguments: node.arguments.map((one) => condition(one) ?? one) }),
  });
}

/**
 * graphql-js 16 does not look at the type of `__typename` where fields of different objects have one key, such as
 * `... on User { a: __typename } ... on Post { a: id }`, which the specification refuses (5.3.2). So what it validates has a field of the
 * schema in the place of `__typename`.
 */
export const typename = {
  /** The schema with that field. */
  added: (sdl) => {
    const { fields } = parse('type Any { typename_: String! }', { noLocation: true }).definitions[0];
    const add = (node) => ({ ...node, fields: [...node.fields, ...fields] });
    return visit(sdl, { ObjectTypeDefinition: add, InterfaceTypeDefinition: add });
  },
  /**
   * The document with that field, but in introspections: their types are not the schema's own. Nor at the root of a subscription, where
   * `__typename` must not be.
   */
  replaced: (document, schema) => {
    const info = new TypeInfo(schema);
    const name = (value) => ({ kind: 'Name', value });
    const isOurs = (type) => type && type !== schema.getSubscriptionType() && !isIntrospectionType(type);
    const replace = (node) => ({ ...node, alias: node.alias ?? name('__typename'), name: name('typename_') });
    const Field = (node) => (node.name.value === '__typename' && isOurs(info.getParentType()) ? replace(node) : undefined);
    return visit(document, visitWithTypeInfo(info, { Field }));
  },
};
