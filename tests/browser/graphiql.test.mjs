// `DOVETAIL=BINARY node --test`: opens GraphiQL in Chromium, with every other host out of reach. `SCREENSHOTS` names a folder for
// what is seen.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { chromium } from 'playwright-core';
import { chromiumOptions, start } from '../server.mjs';

const { DOVETAIL, SCREENSHOTS } = process.env;

let server, browser, context, page, wrongs;

before(async () => {
  server = await start(DOVETAIL, '--demo');
  browser = await chromium.launch(chromiumOptions);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  wrongs = [];
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.route('**', (route) => {
    if (new URL(route.request().url()).origin === server.origin) return route.continue();
    wrongs.push(`outside request: ${route.request().url()}`);
    return route.abort();
  });
  page = await context.newPage();
  page.on('pageerror', (error) => wrongs.push(`error: ${error.message}`));
  // What the policy of the page forbids is told on the console.
  page.on('console', (message) => message.type() === 'error' && wrongs.push(`console: ${message.text()}`));
  await page.goto(server.origin);
  await loaded();
});

afterEach(async () => {
  assert.deepEqual(wrongs, []);
  await context.close();
});

/** Monaco comes after the page. */
const loaded = () => page.locator('.graphiql-editor .view-line').first().waitFor();

/** The answer to `act`, which makes GraphiQL ask. */
async function answerTo(act) {
  const isAnswer = (response) =>
    response.url().endsWith('/graphql') && !response.request().postData().includes('IntrospectionQuery');
  const [response] = await Promise.all([page.waitForResponse(isAnswer), act()]);
  const answer = await response.json();
  await page.locator('.result-window .view-line', { hasText: '{' }).first().waitFor();
  return answer;
}

const run = () => answerTo(() => page.getByRole('button', { name: /Execute/ }).click());
const line = (text) => page.locator('.graphiql-query-editor .view-line', { hasText: text }).first();

/** Opens the tab of this operation, which has this variable: GraphiQL puts the one and then the other into its editors. */
async function openTab(operation, variable) {
  await page.getByRole('tab', { name: operation }).click();
  await line(operation).waitFor();
  await page.locator('.graphiql-editor-tool .view-line', { hasText: variable }).first().waitFor();
}
const report = () => page.getByRole('region', { name: 'SQL report' });
const paths = () => report().getByRole('rowheader').allTextContents();
const screenshot = async (name) => SCREENSHOTS && (await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` }));

test('the nested query of the first tab runs, and its SQL is under the answer', async () => {
  const { data } = await run();
  assert.equal(data.users.nodes.length, 3);
  await report().getByText('4 statements').waitFor();
  assert.deepEqual(await paths(), ['users', 'users', 'users.nodes.posts', 'users.nodes.posts']);
  await screenshot('graphiql');
});

test('the filtered page runs with its variables', async () => {
  await openTab('StudentsOfACourse', '"filter"');
  const { data } = await run();
  assert.equal(data.students.edges.length, 5);
  await report().getByText('3 statements').waitFor();
  assert.deepEqual(await paths(), ['students', 'students', 'students.edges.node.courses']);
});

test('the mutation says in the answer what a form must show', async () => {
  await openTab('CreateUser', '"input"');
  const { data } = await run();
  assert.deepEqual(data.createUser.userErrors[0].path, ['posts', '0', 'title']);
});

test('a subscription shows each event as it comes, until it is stopped', async () => {
  await page.getByRole('tab', { name: 'PostsChanged' }).click();
  await line('PostsChanged').waitFor();
  await page.getByRole('button', { name: /Execute/ }).click();
  const rename = (title) =>
    page.evaluate(async (title) => {
      const query = 'mutation($input: UpdatePostInput!) { updatePost(input: $input) { post { id } } }';
      const body = JSON.stringify({ query, variables: { input: { id: 'Post:1', title } } });
      await fetch('graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    }, title);
  const shown = (title) => page.locator('.result-window .view-line', { hasText: `"${title}"` });
  // Until it has begun, nothing is told.
  for (let tries = 0; tries < 100 && (await shown('Hello').count()) === 0; tries += 1) await rename('Hello');
  await shown('Hello').waitFor();
  await rename('Hello again');
  await shown('Hello again').waitFor();
  await page.getByRole('button', { name: /Stop/ }).click();
  await page.getByRole('button', { name: /Execute/ }).waitFor();
});

test('who runs a tab as soon as it is open asks for its own operation', async () => {
  // The time after which GraphiQL learns it, so long that it does not end here.
  await page.addInitScript(() => {
    const { setTimeout } = window;
    window.setTimeout = (act, time, ...rest) => setTimeout(act, time === 100 ? 60_000 : time, ...rest);
  });
  await page.reload();
  await loaded();
  await openTab('StudentsOfACourse', '"filter"');
  const { data } = await run();
  assert.equal(data.students.edges.length, 5);
});

test('a field is completed, from the schema', async () => {
  await page.getByRole('button', { name: 'New tab' }).click();
  await line('UsersWithPosts').waitFor({ state: 'detached' });
  await page.locator('.graphiql-query-editor').click();
  await page.keyboard.type('{ students { totalC');
  await page
    .getByRole('option', { name: /totalCount/ })
    .first()
    .waitFor();
  await page.keyboard.press('Enter');
  await line('totalCount').waitFor();
  const { data } = await answerTo(() => page.keyboard.press('Control+Enter'));
  assert.deepEqual(data, { students: { totalCount: 40 } });
});

test('the explorer shows the fields of the schema', async () => {
  await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click();
  await page.locator('.graphiql-explorer-root').getByText('enrollments').first().waitFor();
});

test('who does not want the report is not asked again', async () => {
  await report().getByLabel('SQL').uncheck();
  await page.reload();
  await loaded();
  const { data, extensions } = await run();
  assert.ok(data.users && !extensions);
  assert.equal(await report().getByLabel('SQL').isChecked(), false);
});
