// Random requests that are mostly valid: from the schema, whatever is in it. The reference decides what they are.
import { getNamedType, isCompositeType, isInterfaceType, isNonNullType } from 'graphql';
import { Values, Variable, literal } from './values.mjs';

/**
 * A few questions about the schema. None asks for the words that describe GraphQL's own types, nor for the places of directives:
 * graphql-js 16.15 allows `@deprecated` on directives, as a later draft does.
 */
const introspections = ({ type, order }) => [
  '__schema { queryType { name } mutationType { name } subscriptionType { name } }',
  '__schema { directives { name isRepeatable args { name } } }',
  '__schema { types { name kind } }',
  `__type(name: "${type}") { kind name description interfaces { name } possibleTypes { name } fields { name isDeprecated } }`,
  '__type(name: "Node") { kind name description interfaces { name } fields { name type { kind ofType { name } } } possibleTypes { name } }',
  '__type(name: "OrderDirection") { kind name enumValues(includeDeprecated: true) { name description } inputFields { name } }',
  `__type(name: "${order}") { kind inputFields { name defaultValue type { kind name ofType { kind name } } } fields { name } }`,
  '__type(name: "DateTime") { kind name specifiedByURL ofType { name } }',
  '__type(name: "Mutation") { fields { name args { name type { kind ofType { name } } } type { kind name ofType { name } } } }',
  '__type(name: "Nothing") { name }',
];

/** Names that mean something elsewhere in a document or in JavaScript; `on` is none of a fragment. */
const ODD_NAMES = [
  'query',
  'mutation',
  'fragment',
  'true',
  'null',
  'type',
  '__proto__',
  '__typename',
  'constructor',
  '_',
  'Query',
];

/** The type of the nodes in a list. */
export const nodeOf = (list) => getNamedType(getNamedType(list.type).getFields().nodes.type);

export class Generator {
  /** `lists` are the cursors that there are, by the name of the list: in which order, and their texts. */
  constructor({ world, schema }, random, rows, lists) {
    Object.assign(this, { world, schema, random, rows, lists });
  }

  /** A document with its variables and the name of its operation. */
  request(kind) {
    const { random } = this;
    const first = this.operation(kind, random.chance(0.5) ? 'A' : '', '');
    const request = { query: first.text, variables: first.variables };
    if (first.name && random.chance(0.2)) {
      const second = this.operation(random.chance(0.8) ? 'query' : 'mutation', 'B', 'b');
      request.query = random.shuffle([first.text, second.text]).join('\n');
      request.operationName = random.chance(0.9) || kind === 'mutation' ? 'A' : 'B';
      if (request.operationName === 'B') Object.assign(request, { variables: second.variables });
    } else if (first.name && random.chance(0.3)) {
      request.operationName = first.name;
    }
    if (Object.keys(request.variables).length === 0 && random.chance(0.5))
      request.variables = random.chance(0.5) ? null : undefined;
    return request;
  }

  operation(kind, name, prefix) {
    const { random } = this;
    // Few mutations answer with lists at all, and what they wrote must be answered beside a list's error.
    this.values = new Values(this.world, random, this.rows, { prefix, risk: kind === 'mutation' ? 0.15 : 0.03 });
    this.fragments = [];
    this.prefix = prefix;
    this.left = random.between(4, 24);
    this.aliases = 0;
    // What a mutation has just written has a moment that nobody knows beforehand: it orders nothing.
    this.ordersByMoment = kind === 'query';
    const root = this.schema.getRootType(kind);
    const selections = this.selections(root, 0, new Map());
    const definitions = this.values.definitions();
    const head =
      kind === 'query' && !name && !definitions && random.chance(0.7) ? '' : `${kind} ${name}${definitions} `;
    const fragments = this.fragments.map(({ name, on, text }) => `fragment ${name} on ${on} ${text}`);
    const text = random.shuffle([head + selections, ...fragments]).join('\n');
    return { text, name, variables: this.values.given };
  }

  /** A selection set. `met` are the fields of the same object so far: the heads of their texts by their response keys. */
  selections(type, depth, met) {
    const { random } = this;
    const count = random.between(1, depth === 0 ? 3 : 4);
    const texts = Array.from({ length: count }, () => this.selection(type, depth, met));
    return `{ ${texts.join(' ')} }`;
  }

  selection(type, depth, met) {
    const { random } = this;
    this.left--;
    const sort = random.next();
    const isRoot = depth === 0;
    if (sort < 0.05) return `__typename${this.directives()}`;
    if (sort < (isInterfaceType(type) ? 0.6 : 0.13) && this.left > 0) {
      const on =
        isInterfaceType(type) && random.chance(0.8)
          ? random.pick(this.schema.getPossibleTypes(type))
          : this.condition(type);
      const inner = on ?? type;
      return `...${on ? ` on ${on.name}` : ''}${this.directives()} ${this.selections(inner, depth, inner === type ? met : new Map())}`;
    }
    if (sort < 0.25 && this.left > 0 && !isInterfaceType(type))
      return `...${this.fragment(type, depth, isRoot ? met : new Map())}${this.directives()}`;
    if (isRoot && sort > 0.95 && type.name === 'Query') return random.pick(introspections(this.world.words));
    return this.field(type, depth, met);
  }

  /** A type condition that objects of this type satisfy; `undefined` for none. */
  condition(type) {
    const interfaces = isInterfaceType(type) ? [] : type.getInterfaces();
    return this.random.pick([undefined, type, ...interfaces]);
  }

  /** The name of a fragment on this type: one that there is, or a new one. `met` is for the fields of a new one. */
  fragment(type, depth, met) {
    const { random } = this;
    const known = this.fragments.filter(
      (fragment) => fragment.on === type.name && fragment.text && fragment.depth >= depth,
    );
    if (known.length > 0 && random.chance(0.5)) return random.pick(known).name;
    const odd = ODD_NAMES.filter((name) => this.fragments.every((fragment) => fragment.name !== name));
    const name =
      this.prefix === '' && random.chance(0.03) ? random.pick(odd) : `F${this.prefix}${this.fragments.length}`;
    const fragment = { name, on: type.name, depth };
    this.fragments.push(fragment);
    fragment.text = this.selections(type, depth, met);
    return fragment.name;
  }

  field(type, depth, met) {
    const { random } = this;
    const again = [...met.values()].filter(({ of }) => this.left > 0 || !isCompositeType(of));
    // What writes must do so once for all of its selections.
    if (again.length > 0 && random.chance(type.name === 'Mutation' ? 0.35 : 0.1))
      return this.completed(random.pick(again), depth);
    const isLeaf = (field) => !isCompositeType(getNamedType(field.type));
    const fields = Object.values(type.getFields());
    const ending = depth > 9 || this.left <= 0;
    const leaves = fields.filter(isLeaf);
    // Most of what there is to go wrong is in lists with something in them.
    const lists = fields.filter(
      ({ name, args }) => ['nodes', 'edges'].includes(name) || args.some(({ name }) => name === 'orderBy'),
    );
    const least = fields.filter(({ args }) => args.length === Math.min(...fields.map(({ args }) => args.length)));
    const some = ending
      ? leaves.length > 0
        ? leaves
        : least
      : random.chance(0.25)
        ? leaves
        : random.chance(0.5)
          ? lists
          : fields;
    const field = random.pick(some.length > 0 ? some : fields);
    const args = this.arguments(type, field);
    let key = field.name;
    // Where fields with arguments are not told apart by an alias, they may conflict; some do.
    if ((args !== '' || met.has(key)) && random.chance(met.has(key) || depth > 0 ? 0.85 : 0.5))
      key = `a${this.prefix}${this.aliases++}`;
    else if (random.chance(0.08)) key = `${field.name}_`;
    else if (random.chance(0.02)) key = random.pick(ODD_NAMES);
    const head = {
      text: `${key === field.name ? '' : `${key}: `}${field.name}${args}`,
      of: getNamedType(field.type),
      met: new Map(),
    };
    met.set(key, head);
    return this.completed(head, depth);
  }

  /** A field with directives, and selections of its own. */
  completed({ text, of, met }, depth) {
    return `${text}${this.directives()}${isCompositeType(of) ? ` ${this.selections(of, depth + 1, met)}` : ''}`;
  }

  directives() {
    const { random } = this;
    if (!random.chance(0.06)) return '';
    const name = random.pick(['skip', 'include']);
    const value = random.chance(0.5)
      ? this.values.variable(this.schema.getDirective(name).args[0].type, 'if', 0)
      : name === 'include' || random.chance(0.3);
    return ` @${name}(if: ${value instanceof Variable ? `$${value.name}` : value})`;
  }

  arguments(type, field) {
    const { random, values } = this;
    const required = field.args.filter(
      (argument) => isNonNullType(argument.type) && argument.defaultValue === undefined,
    );
    const chosen = new Map(
      required.map((argument) => [
        argument,
        values.value(argument.type, `${type.name}.${field.name}.${argument.name}`, 0),
      ]),
    );
    const argument = (name) => field.args.find((argument) => argument.name === name);
    if (argument('orderBy')) this.paging(type, field, argument, chosen);
    else if (argument('filter') && random.chance(0.5)) {
      chosen.set(argument('filter'), values.value(argument('filter').type, `${type.name}.${field.name}.filter`, 0));
    }
    const texts = random
      .shuffle([...chosen])
      .map(([argument, value]) => `${argument.name}: ${literal(value, argument.type)}`);
    return texts.length > 0 ? `(${texts.join(', ')})` : '';
  }

  /** Chooses some of a list's arguments. */
  paging(type, field, argument, chosen) {
    const { random, values } = this;
    const choose = (name) =>
      chosen.set(argument(name), values.value(argument(name).type, `${field.type.ofType.name}.${name}`, 0));
    if (random.chance(this.ordersByMoment ? 0.35 : 0.6)) choose(random.pick(['first', 'last']));
    if (random.chance(0.02)) choose('last');
    if (random.chance(0.3)) choose('filter');
    const list = this.lists.get(`${type.name}.${field.name}`);
    if (this.ordersByMoment && list && random.chance(0.3)) {
      const { orderBy, texts } = random.pick(list);
      if (orderBy.length > 0 || random.chance(0.1)) chosen.set(argument('orderBy'), orderBy);
      for (const name of random.some(['after', 'before'], 0.6)) {
        if (texts.length > 0) chosen.set(argument(name), this.cursor(argument(name).type, random.pick(texts)));
      }
      if (random.chance(0.05)) choose('orderBy');
    } else if (random.chance(0.3)) {
      if (this.ordersByMoment) choose('orderBy');
      else chosen.set(argument('orderBy'), [{ field: random.pick(this.world.settled[nodeOf(field).name]) }]);
    }
  }

  /** A cursor, as it is or in a variable. */
  cursor(type, text) {
    if (!this.random.chance(0.3)) return text;
    const variable = this.values.variable(type, 'cursor', 0);
    this.values.given[variable.name] = text;
    return variable;
  }
}
