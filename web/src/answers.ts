// How an attempt at a recognition point ended, in words for the person there: no name, no score, and nobody is accused.

type Told = readonly [string, string, string, string];

const AGAIN = [
  "Step out of the marked place, come back, and look at the camera.",
  "Izađite sa obeleženog mesta, vratite se i gledajte u kameru.",
] as const;
const OTHERWISE = ["Please use the other way.", "Koristite drugi način."] as const;
const NO_ANSWER: Told = ["That did not work", AGAIN[0], "Nije uspelo", AGAIN[1]];

/** English, what to do, Serbian, what to do. */
const ANSWERS: Readonly<Record<string, Told>> = {
  recognised: ["Recognised", "", "Prepoznati ste", ""],
  not_recognised: ["Not recognised", `${AGAIN[0]} Or use the other way.`, "Niste prepoznati", `${AGAIN[1]} Ili koristite drugi način.`],
  nobody: ["Nobody has enrolled here", OTHERWISE[0], "Ovde se niko nije prijavio", OTHERWISE[1]],
  too_alike: ["Two people look too alike to the camera", OTHERWISE[0], "Dve osobe su kameri previše slične", OTHERWISE[1]],
  invalid: [
    "This pass is not valid here, or not any more",
    "Ask whoever enrolled you, or use the other way.",
    "Ova propusnica ovde ne važi, ili više ne važi",
    "Pitajte onoga ko vas je prijavio, ili koristite drugi način.",
  ],
  unreadable: ["Not possible at the moment", OTHERWISE[0], "Trenutno nije moguće", OTHERWISE[1]],
  unseen: ["Your face was not seen well enough", AGAIN[0], "Vaše lice se nije dovoljno dobro videlo", AGAIN[1]],
  changed: [
    "The face was not the same all the time",
    "Step out of the marked place, and come back alone.",
    "Lice nije bilo isto sve vreme",
    "Izađite sa obeleženog mesta i vratite se sami.",
  ],
  attack: ["The camera is not sure that it saw a face", AGAIN[0], "Kamera nije sigurna da je videla lice", AGAIN[1]],
  unmoved: [
    "What was asked was not seen in time",
    "Step out of the marked place, come back, and do what is shown here.",
    "Ono što je traženo nije viđeno na vreme",
    "Izađite sa obeleženog mesta, vratite se i uradite što se ovde pokaže.",
  ],
};

/** Returns what to show of how an attempt ended: English, what to do, Serbian, what to do. */
export function toldOf(answer: string): Told {
  return ANSWERS[answer] ?? NO_ANSWER;
}
