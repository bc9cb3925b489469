// The same document in other words: what stands between the tokens, and how texts are escaped.
import { Lexer, Source, TokenKind } from 'graphql';

/** The tokens of a document that has no fault in them, each with what stands before it. */
export function pieces(text) {
  const lexer = new Lexer(new Source(text));
  const found = [];
  for (let end = 0; lexer.advance().kind !== TokenKind.EOF; end = lexer.token.end) {
    found.push({ before: text.slice(end, lexer.token.start), token: text.slice(lexer.token.start, lexer.token.end) });
  }
  return found;
}

export const tokens = (text) => pieces(text).map(({ token }) => token);

const BETWEEN = [' ', ' ', ' ', '\n', '\r\n', '\r', '\t', ',', ' , ,', '\uFEFF', ' # note " } {\n', '#\n'];

/** The text as a block string, on one line or indented; `undefined` where none can be it. */
function block(text, random) {
  // Blank lines at the ends and other control characters do not come through a block string.
  if (text !== text.trim() || text === '' || /[\0-\x09\x0b-\x1f\x7f]|["\\]$/.test(text)) return undefined;
  const escaped = text.replaceAll('"""', '\\"""');
  if (!text.includes('\n') && random.chance(0.5)) return `"""${escaped}"""`;
  const lines = escaped.split('\n').map((line) => (line === '' ? '' : `    ${line}`));
  return ['"""', ...lines, '  """'].join(random.pick(['\n', '\r\n', '\r']));
}

/** The text as a string in which all is escaped: as pairs of surrogates, or as code points in braces. */
function escaped(text, inBraces) {
  const units = inBraces ? [...text] : text.split('');
  const code = (unit) =>
    inBraces ? `{${unit.codePointAt(0).toString(16)}}` : unit.charCodeAt(0).toString(16).padStart(4, '0');
  return `"${units.map((unit) => `\\u${code(unit)}`).join('')}"`;
}

/** A token that is a string, written in some way. */
function restyled(token, random) {
  if (!/^"(?!"")/.test(token)) return token;
  let text;
  try {
    text = JSON.parse(token);
  } catch {
    // Not one of JSON's: it stays as it is.
    return token;
  }
  // Half of a surrogate pair cannot even be sent.
  if (!text.isWellFormed()) return token;
  const style = random.below(5);
  if (style === 0) return block(text, random) ?? token;
  return style < 3 ? escaped(text, style === 1) : token;
}

/** Whether two tokens need something between them. */
function touches(left, right) {
  const isSign = (token) => /^[!$&()[\]{}:=@|]$/.test(token);
  return !isSign(left) && !isSign(right);
}

/** The tokens as they are mostly written. */
export function plain(list) {
  const isClose = (left, right) => /^([$@([]|\.\.\.)$/.test(left) || /^[!)\]:(]$/.test(right);
  return list.map((token, at) => (at === 0 || isClose(list[at - 1], token) ? token : ` ${token}`)).join('');
}

/** The tokens as a document's text: plain, or with all that the language allows. */
export function join(list, random) {
  if (random.chance(0.4)) return plain(list);
  const isLoose = random.chance(0.5);
  let text = '';
  for (const [index, token] of list.entries()) {
    if (index > 0) {
      if (isLoose) text += random.chance(0.3) && !touches(list[index - 1], token) ? '' : random.pick(BETWEEN);
      else if (touches(list[index - 1], token)) text += ' ';
    }
    text += restyled(token, random);
  }
  return text;
}
