// Which fields, arguments, input fields and values of enums of the schema the documents have that were accepted.
import {
  TypeInfo,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  parse,
  visit,
  visitWithTypeInfo,
} from 'graphql';

export class Coverage {
  #schema;
  #left = new Set();

  constructor(schema) {
    this.#schema = schema;
    // What subscriptions tell is compared elsewhere: an event is no answer to a request.
    const root = schema.getSubscriptionType();
    const told = root ? [root, ...Object.values(root.getFields()).map((field) => getNamedType(field.type))] : [];
    const isAsked = (type) => !isIntrospectionType(type) && !told.includes(type);
    const types = Object.values(schema.getTypeMap()).filter(isAsked);
    const inputs = types.filter(isInputObjectType).flatMap((type) => Object.values(type.getFields()));
    const given = new Set(inputs.map((field) => getNamedType(field.type)));
    for (const type of types.filter((type) => isEnumType(type) && given.has(type))) {
      for (const { name } of type.getValues()) this.#left.add(`${type.name}.${name}`);
    }
    for (const type of types) {
      if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
      for (const { name, args = [] } of Object.values(type.getFields())) {
        this.#left.add(`${type.name}.${name}`);
        for (const argument of args) this.#left.add(`${type.name}.${name}(${argument.name}:)`);
      }
    }
  }

  /** Notes what is in an accepted document. */
  add(text) {
    if (this.#left.size === 0) return;
    const info = new TypeInfo(this.#schema);
    const parent = () => info.getParentType()?.name;
    visit(
      parse(text),
      visitWithTypeInfo(info, {
        Field: ({ name }) => void this.#left.delete(`${parent()}.${name.value}`),
        Argument: ({ name }) => void this.#left.delete(`${parent()}.${info.getFieldDef()?.name}(${name.value}:)`),
        EnumValue: ({ value }) => void this.#left.delete(`${getNamedType(info.getInputType())?.name}.${value}`),
        ObjectField: ({ name }) =>
          void this.#left.delete(`${getNamedType(info.getParentInputType())?.name}.${name.value}`),
      }),
    );
  }

  /** What no document had. */
  get left() {
    return [...this.#left];
  }
}
