import { useEffect, useId, useRef, useState, type ReactNode, type SubmitEvent } from 'react';
import type { CombinedError } from 'urql';
import { graphql, readFragment, type FragmentType } from './gql';
import { Failure } from './ui';

const FormErrors = graphql(`
  fragment FormErrors on UserError {
    message
    path
  }
`);

interface Field {
  label: string;
  multiline?: boolean;
  /** Makes it a select that must be chosen from. */
  options?: { value: string; label: string }[];
}

interface Outcome {
  error?: CombinedError;
  userErrors?: FragmentType<typeof FormErrors>[];
}

interface Props<Name extends string> {
  /** By their path in the mutation's input, joined by dots: `title`, or `posts.0.title`. */
  fields: Record<Name, Field>;
  submit: ReactNode;
  onSubmit: (values: Record<Name, string>) => Promise<Outcome>;
}

/**
 * A form of a mutation. What the server says is wrong (`userErrors`) is shown at the field that it is about, and the
 * input stays; on success the form is emptied. The server alone knows the rules, so none are repeated here.
 */
export function Form<Name extends string>({ fields, submit, onSubmit }: Props<Name>) {
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const [isPending, setPending] = useState(false);
  const [{ error, userErrors }, setOutcome] = useState<Outcome>({});

  async function handleSubmit(event: SubmitEvent) {
    event.preventDefault();
    setPending(true);
    const outcome = await onSubmit(Object.fromEntries(new FormData(form.current!)) as Record<Name, string>);
    setPending(false);
    setOutcome(outcome);
    if (!outcome.error && !outcome.userErrors?.length) form.current?.reset();
  }

  useEffect(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(), [userErrors]);

  const errors = readFragment(FormErrors, userErrors) ?? [];
  const elsewhere = errors.filter(({ path }) => !(path.join('.') in fields));

  return (
    <form ref={form} onSubmit={handleSubmit}>
      {Object.entries<Field>(fields).map(([name, { label, multiline, options }]) => {
        const message = errors.find(({ path }) => path.join('.') === name)?.message;
        const attributes = {
          id: `${id}-${name}`,
          name,
          'aria-invalid': message !== undefined,
          'aria-describedby': message && `${id}-${name}-error`,
        };
        return (
          <div className="field" key={name}>
            <label htmlFor={attributes.id}>{label}</label>
            {options ? (
              <select {...attributes} required>
                <option value="">Choose…</option>
                {options.map((option) => (
                  <option key={option.value} value={option.value}>
                    {option.label}
                  </option>
                ))}
              </select>
            ) : multiline ? (
              <textarea {...attributes} rows={3} />
            ) : (
              <input {...attributes} autoComplete="off" />
            )}
            {message && (
              <p className="error" id={attributes['aria-describedby']}>
                {message}
              </p>
            )}
          </div>
        );
      })}
      {elsewhere.map(({ message }) => (
        <p className="error" role="alert" key={message}>
          {message}
        </p>
      ))}
      {error && <Failure error={error} />}
      <button type="submit" disabled={isPending}>
        {submit}
      </button>
    </form>
  );
}
