/* Cells that a course or a person has fixed: they are never rewritten, and nothing is put between them.
 *
 * creator_magic/cells/fixed_cells.py explains the rule, and tells the same of the same cells. A cell is here
 * {id, type, source, metadata}.
 */

const GRADED = ["grade", "solution", "locked", "task"];
const ANSWER_TAGS = ["otter_answer_cell", "otter_assign_solution_cell"];
const FENCE = /^(?:# |<!-- )(BEGIN|END) QUESTION\b/gm;

export function isFixed(metadata) {
  const locked = metadata.deletable === false || metadata.editable === false;
  return locked || GRADED.some((name) => metadata.nbgrader?.[name] === true) || isAnswer(metadata);
}

// The position of a new cell that belongs below the one at `index`: directly below it, or if that would be
// inside a group, below the group and the generated cells there that belong to cells above.
export function placeBelow(cells, index) {
  for (const [start, end] of groups(cells)) {
    if (index < start || index > end) continue;
    const above = cells.slice(start, index + 1).map((cell) => cell.id);
    let place = end + 1;
    while (above.includes(cells[place]?.metadata.creator_magic?.parent)) place += 1;
    return place;
  }
  return index + 1;
}

function groups(cells) {
  const found = fenced(cells);
  const kinds = cells.map(kindOf);
  for (const [start, end] of found) kinds.fill(null, start, end + 1);
  let group = null;
  let answered = false;
  kinds.forEach((kind, index) => {
    if (!kind) return;
    if (group && joins(kinds, group[1], index, answered)) {
      group[1] = index;
    } else {
      group = [index, index];
      found.push(group);
      answered = false;
    }
    answered ||= kind === "answer";
  });
  return found;
}

function joins(kinds, end, index, answered) {
  if (index > end + 1) return kinds[end] === "answer" && kinds[index] === "code";
  if (!answered) return true;
  if (kinds[index] === "answer") return kinds[end] === "answer";
  return kinds.slice(index).find((kind) => kind !== "text") === "code";
}

function fenced(cells) {
  const found = [];
  let start = null;
  cells.forEach(({ type, source }, index) => {
    const fences = type === "code" ? [] : [...source.matchAll(FENCE)].map((match) => match[1]);
    if (!fences.length) return;
    if (fences.at(-1) === "BEGIN") {
      start = start === null || fences[0] === "BEGIN" ? index : start;
    } else if (start !== null) {
      found.push([start, index]);
      start = null;
    }
  });
  return found;
}

function kindOf({ type, metadata }) {
  if (!isFixed(metadata)) return null;
  if (isAnswer(metadata)) return "answer";
  return type === "code" ? "code" : "text";
}

function isAnswer({ tags, nbgrader }) {
  const tagged = Array.isArray(tags) && tags.some((tag) => ANSWER_TAGS.includes(tag));
  return tagged || nbgrader?.solution === true;
}
