/* Which cells of a notebook are generated, and for which magic cell. */

export const MARK = "creator_magic"; // in the metadata of a generated cell

export const markOf = (cell) => (cell.type === "code" && cell.getMetadata(MARK)) || null;

// The generated cells of a magic cell, as {key: cell model}. One cell a slot: the first below
// the magic cell, or if none is below it, the first above. Any other with the same mark is a copy
// that the person made, so a cell of their own. (creator_magic/cells/notebook.py chooses alike.)
export function standingCells(model, parent) {
  const above = {};
  const below = {};
  let passed = false;
  for (const cell of model.cells) {
    const mark = markOf(cell);
    if (cell.id === parent) passed = true;
    else if (mark && mark.parent === parent) (passed ? below : above)[mark.key] ??= cell;
  }
  return { ...above, ...below };
}

// The mark of a cell that is generated and no copy; else null.
export function standingMark(model, cell) {
  const mark = markOf(cell);
  return mark && standingCells(model, mark.parent)[mark.key] === cell ? mark : null;
}

export const indexOf = (model, id) => [...model.cells].findIndex((cell) => cell.id === id);

// Set an entry of a cell's metadata to `value`, or take it away if that is undefined.
export function setMetadata(shared, name, value) {
  if (JSON.stringify(shared.getMetadata(name)) === JSON.stringify(value)) return;
  if (value === undefined) shared.deleteMetadata(name);
  else shared.setMetadata(name, value);
}
