import type { CombinedError } from 'urql';

/** What went wrong with an operation as a whole, and a button to try it again. */
export function Failure({ error, onRetry }: { error: CombinedError; onRetry?: () => void }) {
  return (
    <div role="alert" className="failure">
      <p>{error.graphQLErrors[0]?.message ?? 'The server cannot be reached.'}</p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Retry
        </button>
      )}
    </div>
  );
}

export function Loading() {
  return (
    <p role="status" className="end muted">
      Loading…
    </p>
  );
}

/** A line of a list of people, which leads to the person. */
export function PersonLink(props: { href: string; current: boolean; name: string; detail: string }) {
  return (
    <a className="person" href={props.href} aria-current={props.current ? 'page' : undefined}>
      <span className="avatar" aria-hidden="true">
        {props.name.trim().charAt(0)}
      </span>
      <span className="name">{props.name}</span>
      <span className="muted">{props.detail}</span>
    </a>
  );
}

const format = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export function Moment({ of }: { of: string }) {
  return <time dateTime={of}>{format.format(new Date(of))}</time>;
}

export function count(number: number, noun: string) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
