import { useEffect, useState, type ReactNode } from 'react';
import { useQuery, type AnyVariables, type CombinedError, type TypedDocumentNode } from 'urql';
import { onForgotten } from './client';
import { graphql, readFragment, type FragmentType } from './gql';
import { Failure, Loading } from './ui';

const NextPage = graphql(`
  fragment NextPage on PageInfo {
    hasNextPage
    endCursor
  }
`);

/**
 * Runs a query of a list with `after: $after` and `@_relayPagination`: the cache joins its pages, so `data` holds all
 * that were read. `more` reads the next one; `restart` is for when the list has something new, or is another one.
 */
export function usePages<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, NoInfer<Variables> & { after?: string | null }>,
  variables: Variables,
) {
  const [after, setAfter] = useState<string | null>(null);
  useEffect(() => onForgotten(() => setAfter(null)), []);
  const [{ data, fetching, error }, execute] = useQuery({ query, variables: { ...variables, after } });

  // A page that fails comes without data; those before it stay.
  const [last, setLast] = useState(data);
  if (data && data !== last) setLast(data);

  return { data: data ?? last, fetching, error, more: setAfter, restart: () => setAfter(null), retry: () => execute() };
}

interface Props<Node> {
  label: string;
  /** The connection; `undefined` until the first page is there. */
  list: { totalCount: number; nodes: Node[]; pageInfo: FragmentType<typeof NextPage> } | undefined;
  pages: { fetching: boolean; error?: CombinedError; more: (after: string | null) => void; retry: () => void };
  empty: string;
  children: (node: Node) => ReactNode;
}

/** The items of a list, and at its end what is to be said of it: that it loads, failed, is empty, or goes on. */
export function InfiniteList<Node extends { id: string }>({ label, list, pages, empty, children }: Props<Node>) {
  const next = readFragment(NextPage, list?.pageInfo);
  return (
    <>
      <ul className="list" aria-label={label} aria-busy={pages.fetching}>
        {list?.nodes.map((node) => (
          <li key={node.id}>{children(node)}</li>
        ))}
      </ul>
      {pages.error ? (
        <Failure error={pages.error} onRetry={pages.retry} />
      ) : pages.fetching ? (
        <Loading />
      ) : next?.hasNextPage ? (
        <MoreButton onSeen={() => pages.more(next.endCursor)} />
      ) : (
        list?.totalCount === 0 && <p className="end muted">{empty}</p>
      )}
    </>
  );
}

/** Is pressed by being scrolled into view, and can be by hand. */
function MoreButton({ onSeen }: { onSeen: () => void }) {
  function observe(button: HTMLButtonElement) {
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onSeen());
    observer.observe(button);
    return () => observer.disconnect();
  }
  return (
    <button type="button" className="end" ref={observe} onClick={onSeen}>
      Load more
    </button>
  );
}
