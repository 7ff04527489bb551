"""Charts to measure with: invented people, every chart different, any number of them, the same for the same seed."""

from __future__ import annotations

import random
from pathlib import Path

from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

_FIRST = "Ada Bruno Carla Dmitri Elena Farid Greta Hugo Ines Jonas Karin Luis Mona Nils Olga Pavel Rosa Sven Tara Uwe".split()
_LAST = "Abbott Becker Castell Dunmore Eastwick Farrow Gilmour Hartnell Ivers Jessop Kimble Larkin Mercer Norwood".split()
_PROBLEMS = (
    ("Diabetes type 2, neuropathy of both feet", "A1c {n}.{m}%, sugars at home {n}0 to 1{m}",
     "continue metformin 1000 mg twice daily, gabapentin"),
    ("Chronic systolic heart failure", "euvolemic, weight down {m} lb, EF {n}5%", "continue carvedilol and furosemide 40 mg"),
    ("COPD", "wheezing less, using the rescue inhaler {m} times a week", "continue tiotropium, pulmonary rehab referral"),
    ("CKD stage 3b", "creatinine 1.{m}, GFR 3{m}, stable", "avoid NSAIDs, renal panel in three months"),
    ("Persistent atrial fibrillation", "rate 7{m}, irregular, no bleeding", "continue apixaban 5 mg twice daily"),
    ("Major depressive disorder, recurrent, moderate", "PHQ-9 of 1{m}, sleeps {n} h", "increase sertraline, therapy weekly"),
    ("Rheumatoid arthritis", "{m} tender joints, ESR 2{m}", "continue methotrexate 15 mg weekly with folic acid"),
    ("Morbid obesity", "BMI 4{m}.{n}", "dietitian referral, semaglutide started"),
    ("Hypertension", "BP 13{m}/8{n} today", "continue lisinopril 20 mg daily"),
    ("Parkinson's disease", "tremor of the left hand, gait slow", "carbidopa-levodopa three times daily"),
    ("Peripheral arterial disease", "claudication at {m} blocks, ABI 0.6{m}", "continue cilostazol and aspirin, walking plan"),
    ("Multiple sclerosis, relapsing-remitting", "no relapse this year, EDSS {n}.5", "continue ocrelizumab"),
)  # fmt: skip
_STORY = (
    "The patient reports feeling about the same since the last visit {m} months ago.",
    "Walks {n} blocks before resting. Denies chest pain, syncope and fever.",
    "No history of stroke. Mother had breast cancer; father died of a heart attack at {n}8.",
    "Takes all medicines as prescribed and brought the bottles along.",
    "Was seen in the emergency department {m} weeks ago for cough; pneumonia was ruled out.",
    "Sleeps on {m} pillows. Appetite is fair, weight has been steady over the past {n} months.",
    "Lives with a daughter, quit smoking {n} years ago after {m}0 pack-years.",
    "Asks whether the flu vaccine is due and would like it today.",
)
_EXAM = (
    "General: in no distress. Neck: no JVD.", "Lungs: scattered wheezes, no crackles.", "Heart: no murmur, pulse 7{m}.",
    "Abdomen: soft, no tenderness.", "Extremities: trace edema, monofilament sensation decreased at {m} of 10 sites.",
    "Neuro: alert, oriented, gait steady with a cane.", "Skin: no ulcer, no rash.",
)  # fmt: skip
_LINES_PER_PAGE = 52


def note(seed: int, patient: int | None = None) -> str:
    """One visit: header, history, examination, results, assessment and plan, signature; about 3,000 characters. ``patient``
    seeds whose it is, where several are one chart's."""
    chance, who = random.Random(seed), random.Random(seed if patient is None else patient)

    def say(text: str) -> str:
        return text.replace("{n}", str(chance.randint(3, 9))).replace("{m}", str(chance.randint(1, 9)))

    person, birth = f"{who.choice(_FIRST)} {who.choice(_LAST)}", f"{who.randint(1, 12):02}/11/19{who.randint(30, 69)}"
    number = who.randint(100000, 999999)
    day = f"{chance.randint(1, 12):02}/{chance.randint(1, 28):02}/2025"
    problems = chance.sample(_PROBLEMS, 6)
    lines = [
        "RIVERBEND INTERNAL MEDICINE", f"Patient: {person}   DOB: {birth}",
        f"MRN: {number}   Date of service: {day}", "Office visit", "",
        "HISTORY OF PRESENT ILLNESS", *(say(s) for s in chance.sample(_STORY, 6)),
        *(f"{name}: {say(finding)}." for name, finding, _ in problems[:3]), "",
        "PAST MEDICAL HISTORY", *(f"- {name}" for name, _, _ in problems), "- Appendectomy", "",
        "MEDICATIONS", *(say(plan.split(",")[0].removeprefix("continue ")) for _, _, plan in problems), "",
        "PHYSICAL EXAMINATION", *(say(s) for s in chance.sample(_EXAM, 5)), "",
        "ASSESSMENT AND PLAN",
        *(f"{k}. {name}. {say(finding).capitalize()}; {say(plan)}." for k, (name, finding, plan) in enumerate(problems, 1)),
        "Return in three months. Questions were answered.", "",
        f"Electronically signed by {chance.choice(_FIRST)} {chance.choice(_LAST)}, MD on {day}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def write_notes(folder: Path, count: int, first_seed: int = 0) -> None:
    """``count`` text charts of one visit each, in subfolders of a thousand."""
    for n in range(count):
        path = folder / f"{n // 1000:03}" / f"{n:06}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(note(first_seed + n), encoding="utf-8")


def write_pdfs(folder: Path, count: int, visits: int, first_seed: int = 0) -> None:
    """``count`` PDF charts with a text layer, ``visits`` visits each on pages of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(count):
        canvas = Canvas(str(folder / f"{n:04}.pdf"), pagesize=letter)
        for visit in range(visits):
            lines = note(first_seed + n * visits + visit, patient=first_seed + n).splitlines()
            for top in range(0, len(lines), _LINES_PER_PAGE):
                text = canvas.beginText(54, 740)
                text.setFont("Helvetica", 9)
                text.textLines("\n".join(lines[top : top + _LINES_PER_PAGE]))
                canvas.drawText(text)
                canvas.showPage()
        canvas.save()
