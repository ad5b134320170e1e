/* Which cells of a notebook are generated, and for which magic cell. */

export const MARK = "creator_magic"; // in the metadata of a generated cell

export function markOf(cell) {
  const mark = cell.getMetadata(MARK);
  // What was made another kind of cell is the person's own.
  return mark && cell.type === (mark.role === "plan" ? "markdown" : "code") ? mark : null;
}

// The generated cells of each magic cell, as a Map from its id to {key: cell model}. One cell a slot:
// the first below the magic cell, or if none is below it, the first above. Any other with the same
// mark is a copy that the person made, so a cell of their own. (creator_magic/cells/notebook.py
// chooses alike.)
export function allStandingCells(model) {
  const above = new Map();
  const below = new Map();
  const passed = new Set();
  for (const cell of model.cells) {
    passed.add(cell.id);
    const mark = markOf(cell);
    if (!mark) continue;
    const found = passed.has(mark.parent) ? below : above;
    if (!found.has(mark.parent)) found.set(mark.parent, {});
    found.get(mark.parent)[mark.key] ??= cell;
  }
  const parents = new Set([...above.keys(), ...below.keys()]);
  return new Map([...parents].map((parent) => [parent, { ...above.get(parent), ...below.get(parent) }]));
}

export const standingCells = (model, parent) => allStandingCells(model).get(parent) ?? {};

export const indexOf = (model, id) => [...model.cells].findIndex((cell) => cell.id === id);

export const metadataOf = (cell) => cell.sharedModel.getMetadata();

// A cell as fixed.js takes it.
export const asData = (cell) => ({
  id: cell.id,
  type: cell.type,
  source: cell.sharedModel.getSource(),
  metadata: metadataOf(cell),
});

// Set an entry of a cell's metadata to `value`, or take it away if that is undefined.
export function setMetadata(shared, name, value) {
  if (JSON.stringify(shared.getMetadata(name)) === JSON.stringify(value)) return;
  if (value === undefined) shared.deleteMetadata(name);
  else shared.setMetadata(name, value);
}
