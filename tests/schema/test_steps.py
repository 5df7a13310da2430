import pytest

from recipe_pipeline.schema.steps import instructions


def texts(value):
    complaints = []
    steps = instructions(value, complaints.append)
    assert not complaints
    return [step["text"] for step in steps or ()]


@pytest.mark.parametrize(
    "method",
    [
        "1. Mix it.2. Bake it.3. Eat it.",
        "1) Mix it. 2) Bake it. 3) Eat it.",
        "1: Mix it. 2: Bake it. 3: Eat it.",
        "(1) Mix it. (2) Bake it. (3) Eat it.",
        "Step 1: Mix it. Step 2: Bake it. Step 3: Eat it.",
        "STEP 1 Mix it. STEP 2 Bake it. STEP 3 Eat it.",
        "1 - Mix it. 2 - Bake it. 3 - Eat it.",
        "① Mix it. ② Bake it. ③ Eat it.",
        "1️⃣ Mix it. 2️⃣ Bake it. 3️⃣ Eat it.",
        ["① Mix it.", "② Bake it.", "③ Eat it."],
        "Schritt 1: Mix it. Schritt 2: Bake it. Schritt 3: Eat it.",
        "Method: 1. Mix it. 2. Bake it. 3. Eat it.",
        ["1.Mix it.2.Bake it.3.Eat it."],
        [{"@type": "HowToStep", "text": "1. Mix it. 2. Bake it. 3. Eat it."}],
        "Mix it.Bake it.Eat it.",
        "Directions\nMix it.\nBake it.\nEat it.",
        ["Step 1", "Mix it.", "Step 2", "Bake it.", "3.", "Eat it."],
        "Step 1\nMix it.\nStep 2 of 3\nBake it.\n3\nEat it.",
        [
            {"@type": "HowToSection", "name": f"Step {i}", "itemListElement": [{"text": text}]}
            for i, text in enumerate(("Mix it.", "Bake it.", "Eat it."), 1)
        ],
        [
            {"@type": "HowToStep", "name": "Step 1", "text": "Step 1"},
            *({"@type": "HowToStep", "text": text} for text in ("Mix it.", "Bake it.", "Eat it.")),
        ],
        {
            "@type": "ItemList",
            "itemListElement": [
                {"@type": "ListItem", "position": i, "item": {"@type": "HowToStep", "text": text}}
                for i, text in enumerate(("Mix it.", "Bake it.", "Eat it."), 1)
            ],
        },
        {"@type": "HowTo", "step": [{"@value": "Mix it."}, {"text": ["Bake it."]}, "Eat it."]},
    ],
)
def test_the_steps_of_a_method_are_found(method):
    assert texts(method) == ["Mix it.", "Bake it.", "Eat it."]


@pytest.mark.parametrize(
    "method",
    [
        "Mix 1. quality flour and 2. water.",
        "Bake at 180 °C for 1.5 hours, 2.5 at most.",
        "1. Bake everything at 2:30 pm.",
        "Roll out to 1-2. Then bake.",
        "1 - 2 onions and 2 - 3 carrots are enough.",
        "Use U.S. flour, e.g. King's, and St. Louis water.",
    ],
)
def test_other_numbers_do_not_part_a_step(method):
    assert len(texts(method)) == 1


def test_several_steps_keep_their_sentences_and_sections_their_names():
    assert texts(["Mix it.Well.", "Bake it."]) == ["Mix it.Well.", "Bake it."]
    value = [{"@type": "HowToSection", "name": "Dough", "itemListElement": [{"text": "Mix."}]}]
    assert instructions(value, print)[0]["name"] == "Dough"
    assert texts("For the dough: 1. Mix it. 2. Bake it.") == [
        "For the dough:",
        "Mix it.",
        "Bake it.",
    ]
