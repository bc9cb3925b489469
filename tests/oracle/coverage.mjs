// Which fields, arguments and input fields of the schema the documents have that were accepted.
import {
  TypeInfo,
  getNamedType,
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
    for (const type of Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type))) {
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
