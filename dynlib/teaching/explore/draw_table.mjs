  // draw_table.cells, bars, answer
  const sign = (level) => (level < 0 ? "neg" : "pos");
  function cells(rows) {
    const runs = {};
    rows.forEach((row, i) => {
      for (let start = 0, j = 1; j <= row.length; j++) {
        if (j < row.length && row[j] === row[start]) continue;
        const level = row[start];
        const look = level === null ? 'class="gap"' : `class="${sign(level)}" stroke-opacity="${(Math.abs(level) / CELL_TOP).toFixed(2)}"`;
        if (level !== 0) runs[look] = `${runs[look] || ""}M${start} ${i}h${j - start}`;
        start = j;
      }
    });
    return Object.entries(runs).map(([look, d]) => `<path ${look} d="${d}"/>`).join("");
  }
  function bars(rows, impulse) {
    const d = { neg: "", pos: "" };
    rows.forEach((row, i) => row[impulse] && (d[sign(row[impulse])] += `M0 ${i}h${row[impulse]}`));
    return ["neg", "pos"].map((name) => `<path class="${name}" d="${d[name]}"/>`).join("");
  }
  function answer({ nouns: [input, output], sizes }, rows, impulse) {
    const column = rows.map((row) => row[impulse] || 0);
    const largest = Math.max(...column.map(Math.abs));
    const head = `Impulse at ${input} ${impulse}: `;
    if (!largest) return `${head}no ${output} answers.`;
    const strongest = column.flatMap((level, i) => (Math.abs(level) === largest ? [i] : []));
    const signs = new Set(strongest.map((i) => sign(column[i])));
    const size = (signs.size > 1 ? "±" : signs.has("neg") ? "−" : "") + sizes[largest];
    return strongest.length === 1
      ? `${head}${output} ${strongest[0]} answers most, about ${size}.`
      : `${head}${strongest.length} ${output}s answer most, about ${size} each.`;
  }
