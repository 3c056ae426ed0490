// @ts-check
/** The page of somebody else's that `api.html` shows: whole, to be copied as it stands, and run as it stands by a test. Pure text. */

/** @param {string} api the whole address of `api.js` */
export function elsewhere(api) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>φ·ψ from another origin</title>
<pre id="output"></pre>
<script type="module">
  import { openRun } from ${JSON.stringify(api)};

  const output = document.querySelector('#output');
  try {
    const run = await openRun({ d: 2, m: 16, hidden: 64, n: 1024, batch: 64, epochs: 5, lr: 0.001, seed: 42 });
    for await (const { line } of run.epochs()) output.append(line, '\\n');
    run.close();
  } catch (error) {
    output.append(\`\${error.name}: \${error.message}\\n\`);
  }
</script>
</html>
`;
}
