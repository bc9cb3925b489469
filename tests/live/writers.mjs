// Those who write, in every way there is: mutations over HTTP, transactions with a delay before they commit or are rolled back,
// and psql. `write(count)` makes so many changes, more or less: some do nothing, some cascade.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';

const WRITERS = 16;

/** Random numbers from a seed (mulberry32). */
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A statement that changes users or posts. */
function statement(number) {
  const user = `(SELECT id FROM users ORDER BY id DESC OFFSET ${number(40)} LIMIT 1)`;
  const post = `(SELECT id FROM posts ORDER BY id DESC OFFSET ${number(80)} LIMIT 1)`;
  switch (number(8)) {
    case 0:
      return `INSERT INTO users (name, created_at, updated_at) VALUES ('${number(1000)}', now(), now())`;
    case 1:
      return `UPDATE users SET name = '${number(1000)}' WHERE id = ${user}`;
    case 2:
      // With all of its posts.
      return `DELETE FROM users WHERE id = ${user}`;
    case 3:
      return `DELETE FROM posts WHERE id = ${post}`;
    case 4:
    case 5:
      return `INSERT INTO posts (title, content, owner_id, created_at, updated_at) SELECT '${number(1000)}', '', id, now(), now() FROM users WHERE id = ${user}`;
    default:
      return `UPDATE posts SET title = '${number(1000)}' WHERE id = ${post}`;
  }
}

/** Tries until it works: what writes may be killed at any time. A change is counted whether it is made once or, after an error, twice. */
async function again(act) {
  for (;;) {
    try {
      return await act();
    } catch {
      await pause(50);
    }
  }
}

/** Transactions of one to three statements, with a delay before their end; one in ten is rolled back. */
async function byTransactions(url, number, count) {
  let client;
  const connect = async () => {
    client?.end().catch(() => {});
    client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
  };
  await again(connect);
  for (let done = 0; done < count;) {
    const statements = Array.from({ length: 1 + number(3) }, () => statement(number));
    try {
      await client.query('BEGIN');
      for (const sql of statements) await client.query(sql);
      await pause(number(50));
      await client.query(number(10) === 0 ? 'ROLLBACK' : 'COMMIT');
      done += statements.length;
    } catch (error) {
      // A deadlock ends the transaction alone; else the server is gone.
      if (error.code) await client.query('ROLLBACK').catch(() => again(connect));
      else await again(connect);
    }
  }
  await client.end().catch(() => {});
}

async function mutate(url, query, variables) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data;
}

/** Mutations through the balancer. */
async function byMutations(url, number, count) {
  for (let done = 0; done < count; done += 1) {
    await again(async () => {
      const { users, posts } = await mutate(
        url,
        `{ users(last: ${1 + number(40)}) { nodes { id } } posts(last: ${1 + number(80)}) { nodes { id } } }`,
      );
      const [user, post] = [users.nodes[0]?.id, posts.nodes[0]?.id];
      const name = `${number(1000)}`;
      switch (user && post ? number(6) : 0) {
        case 0:
          return mutate(url, 'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }', {
            input: { name, posts: [{ title: name, content: '' }] },
          });
        case 1:
          return mutate(url, 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }', {
            input: { id: user, name },
          });
        case 2:
          return mutate(url, 'mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { deletedId } }', {
            input: { id: user },
          });
        case 3:
          return mutate(url, 'mutation ($input: DeletePostInput!) { deletePost(input: $input) { deletedId } }', {
            input: { id: post },
          });
        case 4:
          return mutate(url, 'mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }', {
            input: { ownerId: user, title: name, content: '' },
          });
        default:
          return mutate(url, 'mutation ($input: UpdatePostInput!) { updatePost(input: $input) { post { id } } }', {
            input: { id: post, title: name },
          });
      }
    });
  }
}

/** psql, a process for every hundred statements. */
async function byPsql(url, number, count) {
  for (let done = 0; done < count; done += 100) {
    const psql = spawn('psql', ['-q', '-v', 'ON_ERROR_STOP=0', url], { stdio: ['pipe', 'ignore', 'ignore'] });
    const exited = once(psql, 'exit');
    psql.stdin.on('error', () => {});
    psql.stdin.end(Array.from({ length: Math.min(100, count - done) }, () => `${statement(number)};\n`).join(''));
    await exited;
  }
}

/** Has 16 writers make so many changes together. */
export async function write({ database, url, count, seed }) {
  const each = Math.ceil(count / WRITERS);
  const writers = Array.from({ length: WRITERS }, (_, index) => {
    const next = random(seed * WRITERS + index);
    const number = (below) => Math.floor(next() * below);
    if (index < 6) return byMutations(url, number, each);
    return index < 14 ? byTransactions(database, number, each) : byPsql(database, number, each);
  });
  await Promise.all(writers);
}
