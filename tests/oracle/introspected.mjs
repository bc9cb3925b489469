// Whether introspection tells the schema of the file that clients are generated from.
import { buildClientSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema } from 'graphql';

const QUERY = getIntrospectionQuery({ specifiedByUrl: true, directiveIsRepeatable: true, inputValueDeprecation: true, oneOf: true });

const linesOf = (schema) => printSchema(lexicographicSortSchema(schema)).split('\n');

/** The first line in which the server's introspection differs from this schema; `undefined` if none does. */
export async function introspectionDiffers(server, schema) {
  const { data, errors } = JSON.parse(await server.ask({ query: QUERY }));
  if (errors !== undefined) return JSON.stringify(errors);
  const [told, written] = [linesOf(buildClientSchema(data)), linesOf(schema)];
  const line = [...written, undefined].findIndex((text, index) => text !== told[index]);
  return line < 0 ? undefined : `introspection says \`${told[line]}\`, and the file \`${written[line]}\``;
}
