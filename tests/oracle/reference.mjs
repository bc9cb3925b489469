// What GraphQL's reference implementation makes of a request.
import { buildASTSchema, execute, getOperationAST, parse, specifiedRules, validate, visit } from 'graphql';
import { typename, withoutBlocks, withoutNullConditions } from './differences.mjs';
import { WritableSchool } from './mutations.mjs';
import { readMoment } from './school.mjs';
import { writeMoment } from './moments.mjs';
import { NOW, isNow } from './unknown.mjs';

function build(document) {
  const schema = buildASTSchema(document);
  Object.assign(schema.getType('DateTime'), {
    serialize: (moment) => (isNow(writeMoment(moment)) ? NOW : writeMoment(moment)),
    parseValue: readMoment,
    parseLiteral: (node) => readMoment(node.kind === 'StringValue' ? node.value : undefined),
  });
  return schema;
}

export class Reference {
  constructor(sdl) {
    const document = parse(sdl);
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

  /** The answer over these rows, which a mutation changes: `data` and the errors' `paths`, or why the request is `refused`. */
  answer(request, rows, cursors) {
    return this.#answer(this.schema, request, rows, cursors);
  }

  /** The paths of all errors that there are in a request that only reads, also of those that an error above them hides. */
  allErrors(request, rows, cursors) {
    return this.#answer(this.nullable, request, rows, cursors).paths;
  }

  #answer(schema, { query, variables, operationName: name }, rows, cursors) {
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
    const school = new WritableSchool(rows, cursors);
    const rootValue = operation?.operation === 'mutation' ? school.mutation() : school.query();
    document = withoutNullConditions(document, variables);
    const result = execute({ schema, document, rootValue, variableValues: variables, operationName });
    const { data, errors = [] } = result;
    if (!('data' in result)) return { refused: errors[0].message };
    return {
      data,
      paths: errors.map(({ path }) => path),
      writes: operation.operation === 'mutation',
      introspects: /__(schema|type)\b/.test(query),
    };
  }
}
