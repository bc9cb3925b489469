// The parts of a JSON text as they are written: parsing it would hide a name that is there twice, and how a text is escaped.

/** The texts of an object's members by their names, or of an array's items by their places. */
export function parts(json) {
  const found = new Map();
  let depth = 0;
  let start = 0;
  let name;
  const end = (at) => {
    if (json.slice(start, at).trim() !== '') found.set(name ?? found.size, json.slice(start, at));
    name = undefined;
    start = at + 1;
  };
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') {
      const from = at;
      for (at++; json[at] !== '"'; at++) if (json[at] === '\\') at++;
      if (depth === 1 && name === undefined && json[at + 1] === ':' && json[0] === '{') {
        name = JSON.parse(json.slice(from, at + 1));
        start = at + 2;
      }
    } else if (character === '{' || character === '[') {
      if (depth++ === 0) start = at + 1;
    } else if (character === '}' || character === ']') {
      if (--depth === 0) end(at);
    } else if (character === ',' && depth === 1) {
      end(at);
    }
  }
  return found;
}
