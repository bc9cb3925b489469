// What is put where it may not belong.

const words = (text) => text.trim().split(/\s+/);

/**
 * In the words of a world: a `type` and an `other` of its nodes, the `list` of the first at the root, some `names` of fields, and some
 * `values` of its inputs and of its own scalars.
 */
export const poolOf = ({ type, other, list, names, values }) => ({
  /** Names of the schema, of others, and of nothing. */
  MORE_NAMES: [...words(names), ...words('nmae x __typename __schema')],

  /** Values of all kinds, good ones for some type. */
  VALUES: [
    ...words('null true false 0 1 -1 -0 5 2147483647 2147483648 -2147483649 99999999999999999999 1.0 1.5 1e2 -1E-2'),
    ...words(`"" "1" "x" "${type}:1" "ASC" "NAME" "2016-03-01T08:00:00Z" "2016-03-01" """block""" ASC DESC NAME ID x nothing`),
    ...words('[] [1] ["x"] [null] [[1]] [ASC] {} {eq:"a"} {eq:1} {eq:null} {in:"a"} {in:[1,"2"]} {eq:$v0} {nothing:1}'),
    ...words('{field:NAME} {field:"NAME"} {field:NAME,direction:null} {field:ID,direction:DESC} {id:"1"} {id:1.5}'),
    ...words('{name:"x"} {name:{eq:"a"}} {name:{eq:"a",eq:"b"}} {and:{}} {or:[{},null]} {not:{not:{}}} $v0 [$v0]'),
    ...values,
  ],

  /** Tokens, and what is none. */
  SNIPPETS: [
    ...words(String.raw`{ } ( ) [ ] : = ! $ @ & | ... . .. , # ? - + ; ' ` + '` \\'),
    ...['# note\n', '\uFEFF', '\t', '\r', '\u00A0', '\0', '"a\nb"'],
    ...words(`query mutation subscription fragment on true false null type extend schema id name ${list} ${type} first`),
    ...words('x é _ __ __typename 0 1 -1 00 01 -0 1.0 1. .5 1e5 1e 1x 0x1 1_000 2147483648 99999999999999999999 1...'),
    ...words(String.raw`"x" "" " "x """ """x""" """""" "\n" "\x" "\u0041" "\u{1F600}" "\u{110000}" "\u{}" "\u0000"`),
    ...words(String.raw`"\ud83d\ude00" "\ud83d" "\ude00\ud83d" "\u{d83d}" "\u00" """\u0041""" """a\"""b"""`),
    ...words('@skip @include @skip(if:true) @include(if:$v0) $v0 $nothing ...F0 ...on [] {} () {id} (id:1) (first:1)'),
    ...['$ v0', `... on ${type}`, '... { id }', '... on', '"about" {', '"about" query'],
  ],

  /** Types of all kinds, for conditions and for variables. */
  TYPES: words(
    `${type} ${other} Node Query Mutation PageInfo String Int ID Boolean Float DateTime ${type}Filter OrderDirection [ID!]! Nothing`,
  ),

  /** Directives in right and in wrong places. */
  DIRECTIVES: [
    ...words('@skip @skip(if:true) @include(if:true) @include(if:"true") @include(if:null) @skip(unless:true)'),
    ...words('@include(if:true,if:false) @nothing @deprecated @specifiedBy(url:"x") @oneOf @defer'),
  ],

  OPERATIONS: [
    '{ __typename }',
    'query A { __typename }',
    'query B($x: Int) { __typename }',
    'mutation B { __typename }',
    'subscription { x }',
    'subscription S { __typename }',
  ],

  FRAGMENTS: [
    'fragment F on Query { __typename }',
    `fragment F0 on ${type} { id }`,
    'fragment Fx on Query { ...Fx }',
    `fragment Fy on ${type} { ...Fz } fragment Fz on ${type} { ...Fy }`,
  ],

  TYPE_SYSTEM: [
    'type X { a: Int }',
    `extend type ${type} { a: Int }`,
    'schema { query: Query }',
    'scalar X',
    'directive @x on FIELD',
    'enum E { A }',
    'input I { a: Int }',
    '"""about""" type X { a: Int }',
  ],

  /** Definitions of variables that nothing uses. */
  UNUSED: ['$unused: Int', '$unused: String = "x"', `$unused: ${type}`, '$unused: [Int!]! = 1 @skip(if: true)'],

  /** JSON of all kinds; whole numbers that JavaScript keeps exactly. */
  JSONS: [
    ...[null, true, 0, 1, -1, 5, 1.5, 2147483647, 2147483648, -2147483649, 9007199254740991],
    ...['', '1', 'x', 'ASC', 'NAME', `${type}:1`, '2016-03-01T08:00:00Z', '2016-03-01'],
    ...[[], [1], ['x'], [null], [[1]], [{ field: 'NAME' }], {}, { eq: 'a' }, { nothing: 1 }, { and: {} }, { or: [null] }],
    ...[{ field: 'NAME' }, { field: 'ID', direction: null }, { name: { eq: 1 } }, { id: { in: 1 } }],
  ],
});
