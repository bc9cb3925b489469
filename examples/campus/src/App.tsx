import { useSyncExternalStore } from 'react';
import { Changes } from './Changes';
import { SqlBadge } from './SqlBadge';
import { Student } from './Student';
import { Students } from './Students';
import { User } from './User';
import { Users } from './Users';

const views = {
  users: { title: 'Users', List: Users, Detail: User },
  students: { title: 'Students', List: Students, Detail: Student },
};

function subscribe(listener: () => void) {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

/** The route is in the URL's hash: `#/users`, or `#/users/User:5`. */
function useRoute() {
  const [, name, id] = useSyncExternalStore(subscribe, () => location.hash).split('/');
  return { view: name === 'students' ? name : 'users', id } as const;
}

export function App() {
  const { view, id } = useRoute();
  const { title, List, Detail } = views[view];
  return (
    <>
      <title>{`${title} · Campus`}</title>
      <header>
        <h1>Campus</h1>
        <nav aria-label="Views">
          {Object.entries(views).map(([name, { title }]) => (
            <a key={name} href={`#/${name}`} aria-current={name === view ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <SqlBadge />
        <Changes />
      </header>
      <main className={id ? 'with-detail' : undefined}>
        <section aria-label={title}>
          <List selected={id} />
        </section>
        <section aria-label="Details">
          {id ? (
            <>
              <a className="back" href={`#/${view}`}>
                ← {title}
              </a>
              <Detail key={id} id={id} />
            </>
          ) : (
            <p className="end muted">Choose one of the {view}.</p>
          )}
        </section>
      </main>
    </>
  );
}
