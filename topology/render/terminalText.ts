/** Text for a terminal: how wide it is there, and what must not get there. */

/** Columns on a terminal: East Asian and emoji characters take two, combining marks none. */
export function displayWidth(text: string): number {
  return Array.from(text).reduce((width, character) => {
    if (/\p{Mark}/u.test(character)) return width;
    return (
      width +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]|\p{Extended_Pictographic}/u.test(
        character,
      )
        ? 2
        : 1)
    );
  }, 0);
}

/** A hostile name must not move the cursor or colour the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\ufffd');
}
