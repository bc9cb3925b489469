// What can be asked of the lists of a schema, as introspection tells it.

const TYPE = 'kind name ofType { kind name ofType { kind name ofType { kind name } } }';
const INTROSPECTION = `{ __schema { types { name kind
  fields { name type { ${TYPE} } args { name type { ${TYPE} } } }
  inputFields { name type { ${TYPE} } }
  enumValues { name } } } }`;

const named = (type) => (type.ofType ? named(type.ofType) : type.name);
const isNullable = (field) => field.type.kind !== 'NON_NULL';
const lower = (name) => name[0].toLowerCase() + name.slice(1);
const camel = (name) => name.toLowerCase().replace(/_(.)/g, (_, letter) => letter.toUpperCase());

/** A field's operators for which there is a plan to see. */
const OPERATORS = ['eq', 'in', 'gt', 'startsWith', 'isNull', 'at'];

export async function lists(ask) {
  const { types } = (await ask(INTROSPECTION)).data.__schema;
  const type = (name) => types.find((type) => type.name === name);
  const field = (owner, name) => owner.fields.find((field) => field.name === name);

  /** An order's key: a column of the list's own, a parent's (`PARENT_COLUMN`), or a number of children (`CHILDREN_COUNT`). */
  const key = (node, name) => {
    const own = field(node, camel(name));
    if (own) {
      const of = name.endsWith('_COUNT') ? 'count' : 'own';
      return { name, kind: named(own.type), nullable: isNullable(own), of };
    }
    const parent = node.fields.find((it) => type(named(it.type))?.kind === 'OBJECT' && camel(name).startsWith(it.name));
    const column = field(type(named(parent.type)), lower(camel(name).slice(parent.name.length)));
    return { name, kind: named(column.type), nullable: isNullable(parent) || isNullable(column), of: 'parent' };
  };

  const list = (owner) => (field) => {
    const argument = (name) => field.args.find((argument) => argument.name === name);
    const order = type(named(argument('orderBy').type)).name;
    const filter = type(named(argument('filter').type));
    const node = type(order.replace(/Order$/, ''));
    const columns = filter.inputFields.flatMap(({ name, type: of }) => {
      const operators = type(named(of)).inputFields.map((it) => it.name).filter((it) => OPERATORS.includes(it));
      if (operators.length === 0) return [];
      const column = node.fields.find((it) => it.name === name);
      return [{ name, kind: named(column.type), nullable: isNullable(column), operators }];
    });
    // Those that are never NULL are not asked whether they are.
    for (const column of columns) column.operators = column.operators.filter((it) => it !== 'isNull' || column.nullable);
    const keys = type(`${order}Field`).enumValues.map(({ name }) => key(node, name));
    return { owner, name: field.name, filter: filter.name, keys, columns };
  };

  const isList = (field) => field.args.some((argument) => argument.name === 'orderBy');
  const of = (owner) => owner.fields.filter(isList).map(list(owner.name));
  const roots = of(type('Query'));
  const rootOf = (owner) => roots.find((root) => root.filter === `${owner}Filter`).name;
  const owners = types.filter((it) => it.kind === 'OBJECT' && it.name !== 'Query' && it.fields.some(isList));
  const children = owners.flatMap((owner) => of(owner).map((list) => ({ ...list, root: rootOf(owner.name) })));
  return { roots, children };
}
