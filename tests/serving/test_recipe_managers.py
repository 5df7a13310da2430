"""Requests as Mealie and Tandoor send them, and the answers read as those read them.

Written after ``mealie/services/openai`` and ``mealie/services/recipe/import_workflow`` (Mealie 3.23)
and ``cookbook/views/api.py`` (Tandoor 2).
"""

import json

import openai
import pytest
from pydantic import BaseModel, Field, field_validator
from recipe_scrapers import scrape_html

from recipe_pipeline.serving.page_input import read_text
from tests.serving.kitchen import post_of, recipe_of


class MealieSource(BaseModel):
    contains_recipe: bool
    content: str
    language: str | None = None
    image_url: str | None = None


class MealieLine(BaseModel):
    title: str | None = None
    text: str


class MealieNutrition(BaseModel):
    calories: str | None = None
    fat_content: str | None = None


class MealieRecipe(BaseModel):
    name: str
    description: str | None = None
    recipe_yield: str | None = None
    total_time: str | None = None
    prep_time: str | None = None
    perform_time: str | None = None
    ingredients: list[MealieLine] = Field(default_factory=list)
    instructions: list[MealieLine] = Field(default_factory=list)
    notes: list[MealieLine] = Field(default_factory=list)
    nutrition: MealieNutrition | None = None


class MealieStructuredLine(BaseModel):
    title: str | None = None
    quantity: float | None = None
    unit: str | None = None
    food: str | None = None
    note: str | None = None
    original_text: str | None = None


class MealieStructuredRecipe(MealieRecipe):
    """Of the versions between the two-field lines."""

    ingredients: list[MealieStructuredLine] = Field(default_factory=list)


class MealieOrganizers(BaseModel):
    tags: list[str] = Field(default_factory=list)
    categories: list[str] = Field(default_factory=list)
    tools: list[str] = Field(default_factory=list)


class MealieIngredient(BaseModel):
    quantity: float | None = 0
    unit: str | None = None
    food: str | None = None
    note: str | None = None

    @field_validator("quantity", mode="before")
    def none_is_zero(cls, value):
        return value or 0


class MealieIngredients(BaseModel):
    ingredients: list[MealieIngredient] = []


class MealieText(BaseModel):
    text: str


class MealieTranslation(BaseModel):
    name: str | None = None


NAMES = {
    MealieSource: "OpenAICompiledSource",
    MealieRecipe: "OpenAIRecipe",
    MealieStructuredRecipe: "OpenAIRecipe",
    MealieOrganizers: "OpenAIOrganizers",
    MealieIngredients: "OpenAIIngredients",
    MealieText: "OpenAIText",
    MealieTranslation: "OpenAITranslatedRecipe",
}


@pytest.fixture
def client(server):
    with openai.OpenAI(base_url=server.base_url, api_key="anything", max_retries=0) as client:
        yield client


def mealie(client, kind, message, prompt="You are a bot.", **parts):
    """Mealie's request (openai's schema of a pydantic class, under Mealie's name for it)."""
    from openai.lib._parsing._completions import type_to_response_format_param

    wanted = type_to_response_format_param(kind)
    wanted["json_schema"]["name"] = NAMES[kind]
    content = [{"type": "text", "text": message}, *parts.get("attachments", ())]
    completion = client.chat.completions.create(
        model="recipe-extractor",
        messages=[{"role": "system", "content": prompt}, {"role": "user", "content": content}],
        response_format=wanted,
    )
    text = completion.choices[0].message.content
    # What a strict schema promises: exactly these keys.
    assert json.loads(text).keys() == wanted["json_schema"]["schema"]["properties"].keys()
    return kind.model_validate_json(text)


WEBPAGE = (
    "The following content was extracted from a webpage.\n"
    "The page's primary image is: https://example.com/a.jpg\nMenu\nAbout\n" + post_of("Rye")
)


class TestMealie:
    def test_the_import_of_a_web_page_in_its_three_requests(self, client):
        source = mealie(client, MealieSource, WEBPAGE)
        assert source.contains_recipe
        assert "2 cups Rye flour, sifted" in source.content
        assert "example.com" not in source.content

        build = f"Below is the transcribed recipe source.\n\n{source.content}"
        recipe = mealie(client, MealieRecipe, build)
        assert recipe.name == "Rye"
        assert recipe.prep_time == "10 minutes"
        assert recipe.total_time is recipe.description is None
        assert [line.text for line in recipe.ingredients] == recipe_of("Rye")["recipeIngredient"]
        assert [line.text for line in recipe.instructions] == [
            "Slice the leek for the Rye.",
            "Bake for 20 minutes.",
        ]
        organizers = mealie(client, MealieOrganizers, "Name: Rye\n\nIngredients:\n2 cups flour")
        assert organizers == MealieOrganizers()

    def test_lines_in_parts_for_the_versions_that_ask_for_them(self, client):
        recipe = mealie(client, MealieStructuredRecipe, post_of("Rye"))
        assert recipe.ingredients[0] == MealieStructuredLine(
            quantity=2,
            unit="cups",
            food="Rye flour",
            note="sifted",
            original_text="2 cups Rye flour, sifted",
        )

    @pytest.mark.parametrize("kind", [MealieSource, MealieRecipe])
    def test_a_page_without_a_recipe(self, client, kind):
        message = "The following content was extracted from a webpage.\nOur company\nImprint"
        found = mealie(client, kind, message)
        if kind is MealieSource:
            assert not found.contains_recipe
        else:
            assert found.ingredients == found.instructions == []

    def test_the_json_ld_of_the_page_is_used_without_the_model(self, client, server):
        before = len(server.model.batches)
        data = {
            **recipe_of("Oat"),
            "cookTime": "PT1H30M",
            "recipeYield": "4",
            "nutrition": {"@type": "NutritionInformation", "calories": "200 kcal"},
        }
        text = f"Menu\nOat\nSome text{json.dumps({'@context': 'x', '@graph': [data]})}"
        recipe = mealie(client, MealieRecipe, f"Below is the transcribed recipe source.\n\n{text}")
        assert recipe.name == "Oat"
        assert recipe.perform_time == "1 hour 30 minutes"
        assert recipe.nutrition.calories == "200 kcal"
        assert len(server.model.batches) == before

    def test_lines_that_the_importer_broke_are_joined(self, client, server):
        broken = post_of("Rye").replace("- 2 cups Rye", "2\ncups\nRye")
        mealie(client, MealieRecipe, f"Below is the transcribed recipe source.\n\n{broken}")
        assert "2 cups Rye flour, sifted" in server.model.batches[-1][0]

    def test_broken_lines_are_joined_as_those_of_a_page(self):
        broken = "1 1/2\npounds\nbeef\n1\nOnion\n\nMethod\n1\nBrown the beef.\n2\nNotes"
        joined = "1 1/2 pounds beef\n1 Onion\n\nMethod\n1\nBrown the beef.\n2\nNotes"
        assert read_text(broken, is_scraped=True).text == joined

    def test_ingredients(self, client):
        lines = ["2 1/2 cups (300 g) onions, finely chopped", "salt to taste", "1 can beans", ""]
        parsed = mealie(client, MealieIngredients, json.dumps(lines, separators=(",", ":")))
        assert len(parsed.ingredients) == len(lines)
        assert parsed.ingredients[0].quantity == 2.5
        assert parsed.ingredients[0].food == "onions"
        assert parsed.ingredients[2].unit == "can"

    def test_the_test_of_the_connection(self, client):
        hello = "Hello, checking to see if I can reach you."
        assert mealie(client, MealieText, hello, "You are a simple chatbot.").text
        image = {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,AAAA"}}
        with pytest.raises(openai.BadRequestError):
            mealie(client, MealieText, "Read the image", attachments=[image])

    def test_older_versions_take_json_ld_in_a_text(self, client):
        prompt = "Extract recipe data and return it in schema.org Recipe format."
        message = f"Convert this content to JSON: {post_of('Rye')}\nRecipe Image: https://x/a.jpg"
        found = mealie(client, MealieText, message, prompt)
        assert json.loads(found.text) == recipe_of("Rye")

    @pytest.mark.parametrize(
        ("kind", "message"),
        [
            (MealieTranslation, "Translate this."),
            (MealieRecipe, 'Translate the recipe below into German.\n\n{"name": "Rye"}'),
        ],
    )
    def test_translation_is_refused_without_a_second_request(self, client, kind, message):
        with pytest.raises(openai.BadRequestError) as caught:
            mealie(client, kind, message)
        # These words make Mealie ask again without its schema, and misread what it gets.
        for word in ("response_format", "json_schema", "structured output", "structured_output"):
            assert word not in f"{caught.value} {caught.value.body}".lower()


TANDOOR = (
    "Please look at the following text and return the contained recipe as a structured JSON in the "
    "same language as given in the text. For the JSON use the format given in the "
    "schema.org/recipe schema. Do not make anything up."
)


def test_tandoor(client):
    completion = client.chat.completions.create(
        model="recipe-extractor",
        response_format={"type": "json_object"},
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": TANDOOR},
                    {"type": "text", "text": post_of("Rye")},
                ],
            }
        ],
    )
    data = json.loads(completion.choices[0].message.content)
    html = f"<script type='application/ld+json'>{json.dumps(data)}</script>"
    scrape = scrape_html(html, org_url="https://urlnotfound.none", supported_only=False)
    assert scrape.title() == "Rye"
    assert scrape.ingredients() == recipe_of("Rye")["recipeIngredient"]
    assert scrape.prep_time() == 10
    assert completion.usage.prompt_tokens
    assert completion.usage.completion_tokens


def test_what_else_tandoor_asks_for_is_refused(client):
    content = [
        {"type": "text", "text": "Sort the steps of this recipe and assign its ingredients."},
        {"type": "text", "text": json.dumps({"steps": [{"instruction": "Bake."}]})},
    ]
    with pytest.raises(openai.BadRequestError, match="extracts recipes"):
        client.chat.completions.create(
            model="m",
            response_format={"type": "json_object"},
            messages=[{"role": "user", "content": content}],
        )
