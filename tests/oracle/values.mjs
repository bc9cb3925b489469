// Random values for the inputs of the schema: mostly good ones, with variables in any place of them.
import {
  GraphQLEnumType,
  GraphQLInputObjectType,
  getNamedType,
  getNullableType,
  isListType,
  isNonNullType,
} from 'graphql';
import { ARGUMENTS, JSON_NAMES, LABELS, TEXTS } from './samples.mjs';
import { keyText, relationsOf } from './tables.mjs';

/** A place of a variable in a value. */
export class Variable {
  constructor(name) {
    this.name = name;
  }
}

/** A value as GraphQL's text has it. */
export function literal(value, type) {
  if (value instanceof Variable) return `$${value.name}`;
  if (value === null) return 'null';
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    return Array.isArray(value)
      ? `[${value.map((item) => literal(item, nullable.ofType)).join(', ')}]`
      : literal(value, nullable.ofType);
  }
  if (nullable instanceof GraphQLEnumType) return value;
  if (nullable instanceof GraphQLInputObjectType) {
    const fields = Object.entries(value).map(
      ([name, value]) => `${name}: ${literal(value, nullable.getFields()[name].type)}`,
    );
    return `{${fields.join(', ')}}`;
  }
  return nullable.name === 'JSON' ? ofJson(value) : JSON.stringify(value);
}

/** A value of JSON whose names are GraphQL's too. */
function ofJson(value) {
  if (Array.isArray(value)) return `[${value.map(ofJson).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, value]) => `${name}: ${ofJson(value)}`)
    .join(', ')}}`;
}

/** Whether a type is the filter of a node or of a list of nodes: those have filters in them. */
export function isNodeFilter(type) {
  const names = Object.keys(getNamedType(type).getFields?.() ?? {});
  return names.includes('and') || names.includes('some');
}

export class Values {
  /** `risk` is the share of page sizes that are not allowed. */
  constructor({ types, words }, random, rows, { prefix = '', risk = 0.03 } = {}) {
    Object.assign(this, { types, badIds: words.badIds, random, rows, prefix, risk });
    /** The variables in use: their names, types, defaults' texts. */
    this.defined = [];
    /** What the request gives for them. */
    this.given = {};
  }

  /** A value for an input of this type; `place` names it, such as `CourseFilter.id`. */
  value(type, place, depth = 0) {
    if (this.random.chance(0.15)) return this.variable(type, place, depth);
    return this.plain(type, place, depth);
  }

  plain(type, place, depth) {
    const { random } = this;
    if (!isNonNullType(type) && random.chance(0.04)) return null;
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      if (random.chance(0.1)) return this.plain(getNullableType(nullable.ofType), place, depth);
      return Array.from({ length: random.below(4) }, () => this.value(nullable.ofType, place, depth));
    }
    if (nullable instanceof GraphQLEnumType) return random.pick(nullable.getValues()).name;
    if (nullable instanceof GraphQLInputObjectType) return this.object(nullable, place, depth);
    const draw = {
      ID: () => this.id(place),
      Int: () => this.int(),
      String: () => this.text(place),
      Boolean: () => random.chance(0.5),
    }[nullable.name];
    return draw ? draw() : random.pick(ARGUMENTS[nullable.name]);
  }

  object(type, place, depth) {
    const { random } = this;
    const fields = Object.values(type.getFields());
    const isFilter = /Filter$/.test(type.name);
    const isRequired = (field) => isNonNullType(field.type) && field.defaultValue === undefined;
    // Filters in filters end somewhere.
    const isDeep = (field) => isFilter && depth > 2 && isNodeFilter(field.type);
    const possible = fields.filter((field) => !isDeep(field));
    let chosen = possible.filter((field) => isRequired(field) || random.chance(isFilter ? 1.4 / fields.length : 0.6));
    if (chosen.length === 0 && isFilter && possible.length > 0) chosen = [random.pick(possible)];
    // The type that an id is of is that of the outermost name that says it: `UserFilter.id` of an `IDFilter`.
    const below = (field) => (type.name === 'IDFilter' ? place : `${type.name}.${field.name}`);
    return Object.fromEntries(
      random.shuffle(chosen).map((field) => [field.name, this.value(field.type, below(field), depth + 1)]),
    );
  }

  int() {
    return this.random.chance(this.risk) ? this.random.pick([100, 101, -1, 2147483647]) : this.random.below(6);
  }

  text(place) {
    const { random } = this;
    if (/^JSONPathFilter\.path/.test(place)) return random.pick(JSON_NAMES);
    if (/Input\./.test(place) && random.chance(0.3)) {
      return random.pick(LABELS);
    }
    if (random.chance(0.01)) return 'a\0';
    return random.pick(random.chance(0.5) ? TEXTS.slice(0, 6) : TEXTS);
  }

  /** The type whose ids stand in this place; `undefined` if that of none alone. */
  typeAt(place) {
    const types = Object.keys(this.types);
    const referring = types.flatMap((type) => Object.entries(relationsOf(this.types, type)));
    const [, referred] = referring.find(([column]) => place.includes(column)) ?? [];
    const isIn = (type) => place.toLowerCase().includes(type.toLowerCase());
    return referred ?? types.toSorted((a, b) => b.length - a.length).find(isIn);
  }

  id(place) {
    const { random, types } = this;
    if (random.chance(0.02)) return random.pick(this.badIds);
    const own = this.typeAt(place);
    const type = own && random.chance(0.98) ? own : random.pick(Object.keys(types));
    const rows = this.rows[type];
    const key =
      rows.length > 0 && random.chance(0.9)
        ? keyText(types, type, random.pick(rows))
        : random.pick(types[type].columns[types[type].key[0]].absent);
    const bare = own && random.chance(0.4);
    if (bare && /^\d{1,9}$/.test(key) && random.chance(0.5)) return Number(key);
    return bare ? key : `${type}:${key}`;
  }

  /** A variable in the place of a value: one in use, or a new one. */
  variable(type, place, depth) {
    const { random } = this;
    const known = this.defined.filter((variable) => variable.type === String(type));
    if (known.length > 0 && random.chance(0.4)) return new Variable(random.pick(known).name);
    const name = `${this.prefix}${random.pick(['v', 'n', 'x', 'first', 'on'])}${this.defined.length}`;
    // Its own place in the list, before those of the variables that a value could need.
    const variable = { name, type: String(type) };
    this.defined.push(variable);
    const plain = (type) => this.withoutVariables(() => this.plain(type, place, depth));
    const nullable = getNullableType(type);
    if (random.chance(0.3)) {
      // A default that is not null lets a variable without `!` stand where null may not.
      if (isNonNullType(type) && random.chance(0.7)) variable.type = String(nullable);
      let value = plain(type);
      if (value === null && variable.type !== String(type)) value = plain(nullable);
      variable.default = literal(value, type);
    }
    const mayBeMissing = variable.default !== undefined || !isNonNullType(type);
    if (!mayBeMissing || random.chance(0.7)) this.given[name] = plain(type);
    else if (!/!$/.test(variable.type) && random.chance(0.15)) this.given[name] = null;
    return new Variable(name);
  }

  withoutVariables(make) {
    const { value } = this;
    this.value = this.plain;
    const made = make();
    this.value = value;
    return made;
  }

  /** The definitions of the variables in use, as an operation has them. */
  definitions() {
    const one = ({ name, type, default: value }) => `$${name}: ${type}${value === undefined ? '' : ` = ${value}`}`;
    return this.defined.length === 0 ? '' : `(${this.defined.map(one).join(', ')})`;
  }
}
