// Faults in the structure of a document that is valid, with what there is in a pool. Some leave it valid, but other than it was.
import { parse, parseType, parseValue, print } from 'graphql';

/** All nodes of a document of these kinds, each with its parent and its place there. */
function find(document, ...kinds) {
  const found = [];
  const visit = (node, parent, key) => {
    if (Array.isArray(node)) node.forEach((item, index) => visit(item, node, index));
    else if (node && typeof node === 'object' && node.kind) {
      if (kinds.includes(node.kind)) found.push({ node, parent, key });
      for (const [key, value] of Object.entries(node)) visit(value, node, key);
    }
  };
  visit(document);
  return found;
}

/** A fault in one of the nodes of some kinds, if there is one. */
function edit(kinds, change) {
  return (document, random, pool) => {
    const nodes = find(document, ...kinds);
    if (nodes.length === 0) return undefined;
    change(random.pick(nodes), random, pool, document);
    return document;
  };
}

/** Some more definitions: those of this name in the pool. */
function add(texts) {
  return (document, random, pool) => {
    document.definitions.splice(random.below(2), 0, ...parsed(random.pick(pool[texts])));
    return document;
  };
}

const parsed = (text) => parse(text, { noLocation: true }).definitions;
const selectionSet = (text) => parsed(text)[0].selectionSet;
const copy = (node) => structuredClone(node);
const name = (value) => ({ kind: 'Name', value });
const value = (random, texts) => parseValue(random.pick(texts), { noLocation: true });
const keyOf = ({ alias, name }) => (alias ?? name).value;
const spread = (of) => ({ kind: 'FragmentSpread', name: name(of), directives: [] });
const anyField = (document, random) => copy(random.pick(find(document, 'Field')).node);

/** Puts a node before or behind one in its list. */
const insert = ({ parent, key }, node, random) => parent.splice(key + random.below(2), 0, node);
const again = (at, random) => insert(at, copy(at.node), random);
const remove = ({ parent, key }) => parent.splice(key, 1);

/** The field with another argument, which another field may have: then it is wrong only beside this one. */
function withOtherArguments(field, random, pool, document) {
  const other = copy(field);
  if (other.arguments.length === 0)
    other.arguments.push({ kind: 'Argument', name: name('first'), value: value(random, pool.VALUES) });
  const argument = random.pick(other.arguments);
  const values = find(document, 'Argument')
    .filter(({ node }) => node.name.value === argument.name.value && print(node) !== print(argument))
    .map(({ node }) => node.value);
  argument.value = values.length > 0 && random.chance(0.7) ? copy(random.pick(values)) : value(random, pool.VALUES);
  return other;
}

const GIVEN = ['Argument', 'ObjectField'];
const LITERALS = ['IntValue', 'StringValue', 'EnumValue', 'BooleanValue', 'NullValue', 'ListValue', 'ObjectValue'];
const SELECTIONS = ['Field', 'InlineFragment', 'FragmentSpread'];
const PLACES = [...SELECTIONS, 'OperationDefinition', 'FragmentDefinition', 'VariableDefinition'];

const ARGUMENTS = {
  argumentTwice: edit(GIVEN, again),
  argumentRenamed: edit(GIVEN, ({ node }, random, pool) => (node.name.value = random.pick(pool.MORE_NAMES))),
  argumentMissing: edit(GIVEN, remove),
  argumentAdded: edit(['Field'], ({ node }, random, pool) => {
    node.arguments.push({ kind: 'Argument', name: name(random.pick(pool.MORE_NAMES)), value: value(random, pool.VALUES) });
  }),
  inputFieldAdded: edit(['ObjectValue'], ({ node }, random, pool) => {
    node.fields.push({ kind: 'ObjectField', name: name(random.pick(pool.MORE_NAMES)), value: value(random, pool.VALUES) });
  }),
  inputFieldBesideVariable: edit(['ObjectValue'], (any, random, pool, document) => {
    const isVariable = ({ value }) => value.kind === 'Variable';
    const objects = find(document, 'ObjectValue').filter(({ node }) => node.fields.some(isVariable));
    const { node } = objects.length > 0 ? random.pick(objects) : any;
    node.fields.push({ kind: 'ObjectField', name: name(random.pick(pool.MORE_NAMES)), value: value(random, pool.VALUES) });
  }),
  value: edit(LITERALS, ({ parent, key }, random, pool) => (parent[key] = value(random, pool.VALUES))),
  valueInList: edit(LITERALS, ({ node, parent, key }) => (parent[key] = { kind: 'ListValue', values: [node] })),
  valueOfOther: edit(LITERALS, ({ parent, key }, random, pool, document) => {
    parent[key] = copy(random.pick(find(document, ...LITERALS)).node);
  }),
  variableForValue: edit(LITERALS, ({ parent, key }, random) => (parent[key] = value(random, ['$v0', '$n0', '$x1']))),
};

const FIELDS = {
  fieldRenamed: edit(['Field'], ({ node }, random, pool) => (node.name.value = random.pick(pool.MORE_NAMES))),
  alias: edit(['Field'], ({ node }, random, pool, document) => (node.alias = name(keyOf(anyField(document, random))))),
  fieldTwice: edit(SELECTIONS, again),
  fieldMoved: edit(['SelectionSet'], ({ node }, random, pool, document) => node.selections.push(anyField(document, random))),
  selectionsMissing: edit(['Field'], ({ node }) => delete node.selectionSet),
  selectionsAdded: edit(['Field'], ({ node }) => (node.selectionSet ??= selectionSet('{ id }'))),
};

const CONFLICTS = {
  conflict: edit(['Field'], (at, random, pool, document) => {
    insert(at, { ...anyField(document, random), alias: name(keyOf(at.node)) }, random);
  }),
  conflictInFragment: edit(['Field'], (at, random, pool, document) => {
    const other = { ...anyField(document, random), alias: name(keyOf(at.node)) };
    insert(at, { kind: 'InlineFragment', selectionSet: { kind: 'SelectionSet', selections: [other] } }, random);
  }),
  argumentsDiffer: edit(['Field'], (at, random, pool, document) => {
    insert(at, withOtherArguments(at.node, random, pool, document), random);
  }),
  conflictWithSpread: edit(['FragmentSpread'], (at, random, pool, document) => {
    const definitions = find(document, 'FragmentDefinition').map(({ node }) => node);
    const { selections } = definitions.find((node) => node.name.value === at.node.name.value).selectionSet;
    const fields = selections.filter((node) => node.kind === 'Field' && node.arguments.length > 0);
    if (fields.length > 0) insert(at, withOtherArguments(random.pick(fields), random, pool, document), random);
  }),
};

const OF_FRAGMENTS = {
  typeCondition: edit(['InlineFragment', 'FragmentDefinition'], ({ node }, random, pool) => {
    node.typeCondition = { kind: 'NamedType', name: name(random.pick(pool.TYPES.filter((type) => /^\w+$/.test(type)))) };
  }),
  fragmentAdded: add('FRAGMENTS'),
  fragmentMissing: edit(['FragmentDefinition'], remove),
  fragmentTwice: edit(['FragmentDefinition'], again),
  cycle: edit(['FragmentDefinition'], (_, random, pool, document) => {
    const fragments = find(document, 'FragmentDefinition').map(({ node }) => node);
    const { node } = random.pick(find(random.pick(fragments), 'SelectionSet'));
    node.selections.push(spread(random.pick(fragments).name.value));
  }),
  spreadAnywhere: edit(['SelectionSet'], ({ node }, random) => {
    node.selections.push(spread(random.pick(['Nothing', 'F0', 'F1', 'F'])));
  }),
};

const OF_VARIABLES = {
  variableMissing: edit(['VariableDefinition'], remove),
  variableTwice: edit(['VariableDefinition'], again),
  variableType: edit(['VariableDefinition'], ({ node }, random, pool) => {
    const type = print(node.type);
    const bare = type.replace(/!$/, '');
    node.type = parseType(random.pick(random.chance(0.5) ? pool.TYPES : [`[${type}]`, bare, `${bare}!`]));
  }),
  variableDefault: edit(['VariableDefinition'], ({ node }, random, pool) => {
    node.defaultValue = value(
      random,
      pool.VALUES.filter((text) => !text.includes('$')),
    );
  }),
  variableUnused: edit(['OperationDefinition'], ({ node }, random, pool) => {
    node.variableDefinitions.push(...parsed(`query(${random.pick(pool.UNUSED)}) { x }`)[0].variableDefinitions);
  }),
  variableRenamed: edit(['Variable'], ({ node }, random) => {
    node.name.value = random.pick(['v0', 'v1', 'x0', 'nothing']);
  }),
};

const DEFINITIONS = {
  description: edit(['OperationDefinition', 'FragmentDefinition', 'VariableDefinition'], ({ node }, random) => {
    node.description = value(random, ['"about"', '""', '"""about"""', '"""\n  a\n    b\n"""']);
  }),
  directiveAdded: edit(PLACES, ({ node }, random, pool) => {
    (node.directives ??= []).push(
      ...parsed(`{ x ${random.pick(pool.DIRECTIVES)} }`)[0].selectionSet.selections[0].directives,
    );
  }),
  directiveTwice: edit(['Directive'], again),
  operationTwice: edit(['OperationDefinition'], again),
  operationAdded: add('OPERATIONS'),
  operationKind: edit(['OperationDefinition'], ({ node }, random) => {
    node.operation = random.pick(['query', 'mutation', 'subscription']);
  }),
  typeSystem: add('TYPE_SYSTEM'),
};

/** The faults by their names: each changes a document, or returns nothing where it does not apply. */
export const STRUCTURE = { ...ARGUMENTS, ...FIELDS, ...CONFLICTS, ...OF_FRAGMENTS, ...OF_VARIABLES, ...DEFINITIONS };
