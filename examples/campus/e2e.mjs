// `node e2e.mjs [BINARY]`: starts the server and the app, and uses it in Chromium as a person would.
// SCREENSHOTS=FOLDER also takes the pictures for the documentation; CHROMIUM is the browser if it is elsewhere.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';
import { chromiumOptions, start } from '../../tests/server.mjs';

const BINARY = process.argv[2] ?? '../../target/debug/dovetail';
const { SCREENSHOTS } = process.env;
const POSTS = 45;
const NEWEST_FIRST = Array.from({ length: POSTS }, (_, index) => `Note ${POSTS - index}`);

let dovetail, vite, browser, origin, page;
const outside = [];
const complaints = [];

before(async () => {
  dovetail = await start(BINARY, '--demo');
  process.env.DOVETAIL_URL = dovetail.origin;
  vite = await createServer({ root: import.meta.dirname, logLevel: 'warn', server: { host: '127.0.0.1', port: 0 } });
  await vite.listen();
  origin = vite.resolvedUrls.local[0];
  browser = await chromium.launch(chromiumOptions);
  // The demo's users have 6 posts each. One who has many:
  const posts = NEWEST_FIRST.toReversed().map((title) => ({
    title,
    content: 'The engine weaves algebraic patterns just as the loom weaves flowers and leaves.',
  }));
  await mutate('mutation($input: CreateUserInput!) { createUser(input: $input) { userErrors { message } } }', {
    name: 'Ada Lovelace',
    posts,
  });
});

after(async () => {
  await browser?.close();
  await vite?.close();
  await dovetail?.stop();
});

beforeEach(async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  await context.route(
    (url) => url.origin !== new URL(origin).origin,
    (route) => {
      outside.push(route.request().url());
      return route.abort();
    },
  );
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (line) => ['error', 'warning'].includes(line.type()) && complaints.push(line.text()));
});

afterEach(async () => {
  await page.context().close();
  assert.deepEqual(outside.splice(0), [], 'the app asked other hosts');
  assert.deepEqual(complaints.splice(0), [], 'the browser complained');
});

test('a list is read to its end by scrolling', async () => {
  await page.goto(`${origin}#/students`);
  await scrollToEnd('Students', 40);

  await open('users', 'Ada Lovelace');
  await page.getByText(`${POSTS} posts, newest first`).waitFor();
  await items('Posts').nth(9).waitFor();
  assert.equal(await items('Posts').count(), 10);
  await scrollToEnd('Posts', POSTS);
  assert.deepEqual(await items('Posts').getByRole('heading').allTextContents(), NEWEST_FIRST);
});

test('the search narrows the list to its total', async () => {
  await page.goto(`${origin}#/users`);
  await page.getByRole('searchbox', { name: 'Search by name' }).fill('Lovelace');
  await page.getByRole('heading', { name: '1 user' }).waitFor();
  await items('Users').getByText('Ada Lovelace').waitFor();
  assert.equal(await items('Users').count(), 1);
  await page.getByRole('searchbox').fill('lovelace, but not this one');
  await page.getByText('Nobody has such a name.').waitFor();
});

test('what is wrong with a post is said at its field, and then the post is added', async () => {
  await open('users', 'Ada Lovelace');
  await scrollToEnd('Posts', POSTS);
  await page.getByText('New post').click();
  const title = page.getByRole('textbox', { name: 'Title' });
  const text = page.getByRole('textbox', { name: 'Text' });
  await title.fill(' ');
  await text.fill('Kept while the title is corrected.');
  await page.getByRole('button', { name: 'Create post' }).click();
  await page.getByText('must not be blank; allowed are 1 to 200 characters').waitFor();
  assert.equal(await title.getAttribute('aria-invalid'), 'true');
  assert.match(await describedBy(title), /^must not be blank/);
  assert.equal(await text.getAttribute('aria-invalid'), 'false');
  assert.equal(await text.inputValue(), 'Kept while the title is corrected.');
  assert.equal(await items('Posts').count(), POSTS);
  await screenshot('users');

  await title.fill('On the Analytical Engine');
  await page.getByRole('button', { name: 'Create post' }).click();
  await items('Posts').first().getByRole('heading', { name: 'On the Analytical Engine' }).waitFor();
  assert.equal(await title.inputValue(), '');
  await page.getByText(`${POSTS + 1} posts, newest first`).waitFor();
  await items('Users')
    .filter({ hasText: 'Ada Lovelace' })
    .getByText(`${POSTS + 1} posts`)
    .waitFor();
  await scrollToEnd('Posts', POSTS + 1);
  assert.deepEqual((await items('Posts').getByRole('heading').allTextContents()).slice(1), NEWEST_FIRST);
});

test('a new user is added to the list, and opened', async () => {
  await page.goto(`${origin}#/users`);
  await page.getByText('New user').click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Grace Hopper');
  await page.getByRole('button', { name: 'Create user' }).click();
  await page.getByRole('heading', { name: 'Grace Hopper' }).waitFor();
  await items('Users').first().getByText('Grace Hopper').waitFor();
  await page.getByText('No posts yet.').waitFor();
});

test('a student is enrolled in a course and withdrawn from it', async () => {
  const student = await open('students', 1);
  await items('Courses').nth(2).waitFor();
  const course = await enrol();
  await items('Courses').filter({ hasText: course }).waitFor();
  assert.equal(await items('Courses').count(), 4);
  await items('Students').filter({ hasText: student }).getByText('4 courses').waitFor();
  await screenshot('students');

  await page.getByRole('button', { name: `Withdraw from ${course}` }).click();
  await items('Courses').filter({ hasText: course }).waitFor({ state: 'detached' });
  await items('Students').filter({ hasText: student }).getByText('3 courses').waitFor();
  await page.getByRole('option', { name: course }).waitFor({ state: 'attached' });
});

test('enrolling twice is said at the field', async () => {
  // Before the app is told: the socket leads nowhere.
  await page.routeWebSocket(/graphql/, () => {});
  await open('students', 2);
  await items('Courses').nth(2).waitFor();
  const course = page.getByRole('combobox', { name: 'Further course' });
  // In another window, meanwhile:
  await mutate('mutation($input: EnrollInput!) { enroll(input: $input) { userErrors { message } } }', {
    studentId: page.url().split('/').pop(),
    courseId: await course.getByRole('option').nth(1).getAttribute('value'),
  });
  await enrol();
  await page.locator('[aria-invalid=true]').waitFor();
  assert.match(await describedBy(course), /is enrolled in Course:\d+ already/);
});

test('what others write is shown without reloading', async () => {
  const create = 'mutation($input: CreateUserInput!) { createUser(input: $input) { user { id } userErrors { message } } }';
  const { id } = (await mutate(create, { name: 'Hedy' })).user;
  await open('users', 'Hedy');
  const rename = 'mutation($input: UpdateUserInput!) { updateUser(input: $input) { userErrors { message } } }';
  const renamed = items('Users').filter({ hasText: 'Hedy Lamarr' });
  // Until the app listens, it is told nothing.
  for (let tries = 0; tries < 100 && (await renamed.count()) === 0; tries += 1) {
    await mutate(rename, { id, name: 'Hedy Lamarr' });
  }
  await page.getByRole('heading', { name: 'Hedy Lamarr' }).waitFor();
  await page.getByText('No posts yet.').waitFor();

  const post = 'mutation($input: CreatePostInput!) { createPost(input: $input) { post { id } userErrors { message } } }';
  const written = (await mutate(post, { ownerId: id, title: 'Frequency hopping', content: '' })).post;
  await items('Posts').getByRole('heading', { name: 'Frequency hopping' }).waitFor();
  await renamed.getByText('1 post').waitFor();
  const remove = 'mutation($input: DeletePostInput!) { deletePost(input: $input) { userErrors { message } } }';
  await mutate(remove, { id: written.id });
  await page.getByText('No posts yet.').waitFor();
  await renamed.getByText('0 posts').waitFor();
  await mutate(create, { name: 'Katherine Johnson' });
  await items('Users').first().getByText('Katherine Johnson').waitFor();

  const student = await open('students', 3);
  const enroll = 'mutation($input: EnrollInput!) { enroll(input: $input) { userErrors { message } } }';
  const withdraw = 'mutation($input: WithdrawInput!) { withdraw(input: $input) { userErrors { message } } }';
  await page.getByRole('combobox', { name: 'Further course' }).waitFor();
  const courses = await items('Courses').count();
  const course = page.getByRole('combobox').getByRole('option').nth(1);
  const input = { studentId: page.url().split('/').pop(), courseId: await course.getAttribute('value') };
  await mutate(enroll, input);
  await items('Courses').nth(courses).waitFor();
  await items('Students').filter({ hasText: student }).getByText(`${courses + 1} courses`).waitFor();
  await mutate(withdraw, input);
  await items('Courses').nth(courses).waitFor({ state: 'detached' });
});

test('the number of statements is the same for few posts and for many', async () => {
  const statements = [];
  for (const name of ['Reuben Wiza', 'Ada Lovelace']) {
    await open('users', name);
    await items('Posts').first().waitFor();
    statements.push(await page.locator('[data-operation=User]').textContent());
  }
  assert.deepEqual(statements, ['SQL statements: 3', 'SQL statements: 3']);
  await page.getByRole('button', { name: 'SQL statements: 3' }).click();
  const report = page.getByRole('region', { name: 'User ran 3 statements' });
  assert.deepEqual(await report.locator('strong').allTextContents(), ['user', 'user.posts', 'user.posts']);
  await screenshot('statements');
});

test('a narrow screen has a list or what was chosen of it, also by the keyboard', async () => {
  await page.setViewportSize({ width: 390, height: 780 });
  await page.goto(`${origin}#/students`);
  await items('Students').getByRole('link').first().press('Enter');
  await items('Courses').first().waitFor();
  assert.equal(await items('Students').first().isVisible(), false);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await page.getByRole('link', { name: '← Students' }).press('Enter');
  await items('Students').first().waitFor();
});

test('a server that is away can be tried again, at the first page and at a further one', async () => {
  const retry = page.getByRole('button', { name: 'Retry' });
  await page.route('**/graphql', (route) => route.abort());
  await page.goto(`${origin}#/students`);
  await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
  await page.unroute('**/graphql');
  await retry.click();
  await items('Students').nth(19).waitFor();

  await page.route('**/graphql', (route) => route.abort());
  await items('Students')
    .last()
    .evaluate((item) => item.closest('section').scrollTo(0, 1e9));
  await retry.waitFor();
  assert.equal(await items('Students').count(), 20);
  await page.unroute('**/graphql');
  await retry.click();
  await items('Students').nth(39).waitFor();
  for (const complaint of complaints.splice(0)) assert.match(complaint, /Failed to load resource/);
});

const items = (list) => page.getByRole('list', { name: list, exact: true }).locator('> li');

/** Opens the person of this name, or in this place of the list, and says the name. */
async function open(view, person) {
  await page.goto(`${origin}#/${view}`);
  const links = page.locator('.person');
  const link = typeof person === 'number' ? links.nth(person) : links.filter({ hasText: person });
  await link.click();
  const name = await link.locator('.name').textContent();
  await page.getByRole('heading', { name }).waitFor();
  return name;
}

async function scrollToEnd(list, total) {
  for (let read = 0; read < total;) {
    await items(list).nth(read).waitFor();
    read = await items(list).count();
    await items(list)
      .last()
      .evaluate((item) => item.closest('section').scrollTo(0, 1e9));
  }
  assert.equal(await items(list).count(), total);
}

/** Enrols the open student in the first course on offer, and says its title. */
async function enrol() {
  const course = page.getByRole('combobox', { name: 'Further course' });
  await course.selectOption({ index: 1 });
  const title = await course.locator('option:checked').textContent();
  await page.getByRole('button', { name: 'Enrol' }).click();
  return title;
}

async function describedBy(field) {
  return page.locator(`[id="${await field.getAttribute('aria-describedby')}"]`).textContent();
}

async function screenshot(name) {
  if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
}

async function mutate(query, input) {
  const response = await fetch(`${dovetail.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  assert.deepEqual(Object.values(data)[0].userErrors ?? [], []);
  return Object.values(data)[0];
}
