// What GraphQL's reference implementation makes of a request.
import { buildASTSchema, execute, getOperationAST, parse, specifiedRules, validate, visit } from 'graphql';
import { typename, withoutBlocks, withoutNullConditions } from './differences.mjs';
import { Objects } from './objects.mjs';
import { addScalars } from './scalars.mjs';

function build(document) {
  const schema = buildASTSchema(document);
  addScalars(schema);
  return schema;
}

export class Reference {
  constructor(world, sdl) {
    const document = parse(sdl);
    this.world = world;
    this.schema = build(document);
    this.validating = build(typename.added(document));
    // No field's error takes others with it: each that there is is told.
    const inputs = new Set(['InputValueDefinition', 'DirectiveDefinition']);
    this.nullable = build(
      visit(document, {
        enter: (node) => (inputs.has(node.kind) ? false : undefined),
        NonNullType: { leave: (node) => node.type },
      }),
    );
  }

  /**
   * The answer over these rows, which a mutation changes: `data` and the errors' `paths`, or why the request is `refused`. `drawn` are
   * the keys that the server has drawn for new rows.
   */
  answer(request, rows, cursors, drawn = []) {
    return this.#answer(this.schema, request, rows, cursors, drawn);
  }

  /** The paths of all errors that there are in a request that only reads, also of those that an error above them hides. */
  allErrors(request, rows, cursors, drawn = []) {
    return this.#answer(this.nullable, request, rows, cursors, drawn).paths;
  }

  #answer(schema, { query, variables, operationName: name }, rows, cursors, drawn) {
    // An empty name is none.
    const operationName = name || undefined;
    let document;
    try {
      document = withoutBlocks(parse(query));
    } catch (error) {
      return { refused: error.message };
    }
    const [problem] = validate(this.validating, typename.replaced(document, this.schema), specifiedRules, {
      maxErrors: 1,
    });
    if (problem) return { refused: problem.message };
    // The rule of operation type existence (5.2.1.1) is younger than graphql-js 16.
    const impossible = document.definitions.find(
      ({ kind, operation }) => kind === 'OperationDefinition' && !schema.getRootType(operation),
    );
    if (impossible) return { refused: `no ${impossible.operation}s` };
    const operation = getOperationAST(document, operationName);
    const { world } = this;
    const rootValue =
      operation?.operation === 'mutation'
        ? new world.Writer(world, rows, cursors, drawn).mutation()
        : new Objects(world, rows, cursors).query();
    document = withoutNullConditions(document, variables);
    const result = execute({ schema, document, rootValue, variableValues: variables, operationName });
    const { data, errors = [] } = result;
    if (!('data' in result)) return { refused: errors[0].message };
    return {
      data,
      paths: errors.map(({ path }) => path),
      writes: operation.operation === 'mutation',
      introspects: /__(schema|type)\b/.test(query),
      hasFloats: schema.getType('Float') !== undefined,
    };
  }
}
