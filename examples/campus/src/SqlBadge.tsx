import { useSyncExternalStore } from 'react';
import { getOperationName, mapExchange } from 'urql';
import { count } from './ui';

interface Statement {
  path: string;
  keys: number;
  rows: number;
  milliseconds: number;
  text: string;
}

let report: { operation?: string; statements: Statement[] } | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Keeps what the last answer of the server tells of its SQL. It stands behind the cache, and so sees no others. */
export const reportExchange = mapExchange({
  onResult({ operation, extensions }) {
    const statements: Statement[] | undefined = extensions?.dovetail?.sql;
    if (!statements) return;
    report = { operation: getOperationName(operation.query), statements };
    listeners.forEach((listener) => listener());
  },
});

/** How many SQL statements the last operation ran; a popover lists them. */
export function SqlBadge() {
  const last = useSyncExternalStore(subscribe, () => report);
  if (!last) return null;
  return (
    <>
      <button type="button" className="badge" popoverTarget="statements" data-operation={last.operation}>
        SQL statements: <b>{last.statements.length}</b>
      </button>
      <section id="statements" popover="auto" aria-labelledby="statements-title">
        <h2 id="statements-title">
          <code>{last.operation}</code> ran {count(last.statements.length, 'statement')}
        </h2>
        <p className="muted">A query’s number of statements depends on its text alone, never on the data.</p>
        <ol>
          {last.statements.map(({ path, keys, rows, milliseconds, text }, index) => (
            <li key={index}>
              <strong>{path}</strong>{' '}
              <span className="muted">
                keys {keys} · rows {rows} · {milliseconds} ms
              </span>
              <code>{text}</code>
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}
