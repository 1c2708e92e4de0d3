"""Danger comes first: the phrases of data/nlu and the threshold, in the component as Rasa runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.message_model import normalize
from components.safety_classifier import SafetyClassifier, danger_of
from content.decision import is_safety
from tools.server import ROOT

DANGER, ABUSE, SUICIDE = "veiligheid.acuut_gevaar", "veiligheid.mishandeling", "veiligheid.zelfdoding"
TOPIC = "samen_verantwoordelijk.pesten"

# None of these sentences stands in data/nlu.
CAUGHT: List[Tuple[str, str]] = [
    (DANGER, "bel 112 aub"),
    (DANGER, "AMBULANCE NU!!"),
    (DANGER, "moet ik nu 112 bellen, ze is zo slap"),
    (DANGER, "ons zusje ademt niet"),
    (DANGER, "Hij ligt op de gang en ademt bijna niet."),
    (DANGER, "mijn dochter krijgt geen lucht en haar lippen zijn blauw"),
    (DANGER, "de baby stikt in een stukje appel"),
    (DANGER, "ze ligt bewusteloos in de gymzaal"),
    (DANGER, "mijn moeder is buiten bewustzijn wat moet ik doen"),
    (DANGER, "Oma wordt niet meer wakker en ik ben alleen met haar."),
    (DANGER, "koortsstuip, wat nu"),
    (DANGER, "de wond aan haar been bloedt heel hevig"),
    (DANGER, "ze heeft dertig paracetamol geslikt"),
    (DANGER, "mijn peuter heeft bleek gedronken"),
    (DANGER, "mijn zoon heeft een overdosis genomen"),
    (DANGER, "onze dochter van acht is vermist"),
    (DANGER, "mn zoontje is al twee uur spoorloos"),
    (DANGER, "hij is door zijn vader ontvoerd naar het buitenland"),
    (DANGER, "me zoon is kwijt, wij staan op het plein en hij is er niet"),
    (DANGER, "er staat een man met een mes bij het hek"),
    (DANGER, "een leerling heeft een pistool bij zich"),
    (DANGER, "ze hebben mijn broer neergestoken bij het station"),
    (DANGER, "hij dreigt ons te vermoorden als we weggaan"),
    (DANGER, "mijn zoon wordt met de dood bedreigd door een groep"),
    (DANGER, "papa slaat mama nu"),
    (DANGER, "hij trapt de deur in"),
    (DANGER, "de keuken staat in brand"),
    (DANGER, "het ruikt hier overal naar gas en ik word misselijk"),
    (DANGER, "een jongetje is in het water gevallen en komt niet boven"),
    (DANGER, "mijn dochter is net aangereden voor het hek"),
    (DANGER, "ze staat op het dak van de school"),
    (DANGER, "hij zegt dat hij mij gaat vermoorden"),
    (DANGER, "er wordt op school geschoten"),
    (DANGER, "mijn meisje is niet thuisgekomen van school"),
    (DANGER, "my baby is not breathing"),
    (DANGER, "a man with a gun is in the building"),
    (ABUSE, "wij denken dat dit jongetje mishandeld wordt"),
    (ABUSE, "mishandeling in mijn straat, wat doe ik"),
    (ABUSE, "er is bij ons sprake van huiselijk geweld"),
    (ABUSE, "hoe herken je kindermishandeling"),
    (ABUSE, "mijn vader slaat mij bijna iedere avond"),
    (ABUSE, "mn man heeft de kinderen weer geslagen"),
    (ABUSE, "ik heb mijn dochtertje een klap gegeven en ben geschrokken"),
    (ABUSE, "Ik sloeg mijn zoon en ik herken mezelf niet meer."),
    (ABUSE, "hij wordt thuis geslagen met een riem"),
    (ABUSE, "zij wordt door haar stiefvader geslagen"),
    (ABUSE, "mama doet mijn broertje pijn en mij ook, mama doet ons pijn"),
    (ABUSE, "thuis is het niet veilig voor mij"),
    (ABUSE, "ze durft na school niet naar huis"),
    (ABUSE, "ik ben bang voor mijn man"),
    (ABUSE, "kan ik anoniem een melding doen bij Veilig Thuis"),
    (ABUSE, "ik vermoed verwaarlozing bij een kind uit de buurt"),
    (ABUSE, "haar neef heeft haar jarenlang misbruikt"),
    (ABUSE, "seksueel misbruik op de sportclub"),
    (ABUSE, "mijn dochter is verkracht"),
    (ABUSE, "ze is aangerand in het fietstunneltje"),
    (ABUSE, "de trainer zit aan de jongens"),
    (ABUSE, "Haar oom raakt haar aan waar dat niet mag."),
    (ABUSE, "er gaan naaktfoto's van mijn zoon rond"),
    (ABUSE, "hij wordt gechanteerd met een filmpje van zichzelf"),
    (ABUSE, "volgens mij heeft ze een loverboy"),
    (ABUSE, "mijn zusje wordt uitgehuwelijkt"),
    (ABUSE, "ze moet deze zomer trouwen met een neef"),
    (ABUSE, "ze willen mijn dochter laten besnijden"),
    (ABUSE, "de meester heeft mijn dochter hard geslagen"),
    (ABUSE, "er wordt bij de buren een kind geslagen"),
    (ABUSE, "ze wordt gedwongen tot seks door die jongen"),
    (ABUSE, "ik krijg thuis geen eten"),
    (ABUSE, "my uncle touches me at night"),
    (SUICIDE, "mijn dochter heeft het over zelfmoord"),
    (SUICIDE, "hij heeft suïcidale gedachten"),
    (SUICIDE, "sui\u0308cide bij een leerling van mijn school"),
    (SUICIDE, "ik denk aan zelfdoding"),
    (SUICIDE, "mijn broertje wil dood"),
    (SUICIDE, "was ik maar dood"),
    (SUICIDE, "dat hij liever dood wil dan nog een dag"),
    (SUICIDE, "ik wil echt niet meer leven"),
    (SUICIDE, "IK WIL NIET LEVEN"),
    (SUICIDE, "ze zei dat ze er niet meer wil zijn"),
    (SUICIDE, "Onze zoon heeft geen zin meer in het leven."),
    (SUICIDE, "hij wil een einde aan zijn leven maken"),
    (SUICIDE, "ze wil zich van kant maken"),
    (SUICIDE, "hij wilde voor de trein springen"),
    (SUICIDE, "mijn nichtje wil zichzelf iets aandoen"),
    (SUICIDE, "mijn zoon snijdt zichzelf in zijn arm"),
    (SUICIDE, "ze heeft zichzelf weer gesneden"),
    (SUICIDE, "iedereen is beter af zonder mij"),
    (SUICIDE, "ik hoop dat ik morgen niet meer wakker word"),
    (SUICIDE, "doet aan zelfbeschadiging"),
    (SUICIDE, "het leven heeft geen zin meer zegt mijn zoon"),
    (SUICIDE, "ik zie geen reden meer om te leven"),
    (SUICIDE, "zelvmoort gedachtes"),
    (SUICIDE, "my friend wants to die"),
]

LEFT_ALONE: List[str] = [
    "ik schrik me dood van die ouderbijdrage",
    "ik vermoord hem nog eens als hij weer te laat is",
    "geschiedenis vindt hij dood saai",
    "ze komt elke dag doodmoe thuis",
    "het is zelfmoord om dat gesprek alleen aan te gaan",
    "Met je moeder over het plein lopen is sociale zelfmoord, zegt hij.",
    "mijn hond is dood en mijn dochter kan zich niet concentreren",
    "hij schreeuwt moord en brand als hij huiswerk moet maken",
    "slaan we de vergadering over",
    "mijn man slaat onze ouderavond altijd over",
    "klopt het dat er morgen een studiedag is",
    "hij heeft zijn knie gestoten bij gym",
    "mijn zoon mishandelt de viool elke middag",
    "Die nieuwe methode, daar gaan we niet aan dood.",
    "ik lach me dood om die juf",
    "mijn puber vermoordt me als ik meega naar school",
    "ik kan die mentor wel wurgen",
    "ze slaan elkaar op het plein en de juf doet niks",
    "kinderen uit zijn klas schoppen hem in de pauze",
    "mijn zoon wordt op school geslagen door een klasgenoot",
    "hij wordt niet geslagen hoor, het was een ongelukje",
    "ik sla mijn kind nooit, maar ik word soms boos",
    "ik heb mijn zoon nooit geslagen",
    "sla ik een stap over als ik meteen de directeur mail",
    "de docent slaat de plank mis",
    "de juf slaat haar armen om hem heen",
    "hij kan nog geen spijker in de muur slaan",
    "mijn moeder slaat haar agenda open en zucht",
    "ik word om de oren geslagen met toetscijfers",
    "school maakt misbruik van onze goedheid",
    "De directeur misbruikt zijn positie in dit conflict.",
    "misbruik van regels over verlof, wat zegt de inspectie",
    "ons vertrouwen is misbruikt door de school",
    "zijn knuffel is vermist",
    "ik mis mijn kind op het plein, waar kan ik ophalen",
    "mijn dochter is haar gymtas kwijt",
    "mijn zoon is kwijt waar hij zijn boek heeft gelegd",
    "hij is zijn interesse kwijt",
    "de cijfers staan weer op de rails",
    "wij zitten op het verkeerde spoor met deze school",
    "bij wiskunde is hij door het ijs gezakt, het was een slechte toets",
    "de groepsapp staat in brand",
    "er is brandoefening op dinsdag",
    "een overdosis aan berichten van school",
    "ik krijg stuipen van die app",
    "mijn keel zat dicht van de zenuwen bij het gesprek",
    "ik kreeg haast geen lucht van het lachen",
    "de mentor reageert niet meer op mijn mail",
    "mijn puber wordt niet wakker van zijn wekker",
    "kaas snijden met een mes, mag dat bij kookles",
    "mag er een schaar in het etui",
    "hij heeft een mes gekregen van opa voor de scouting",
    "schietles op de kermis was leuk",
    "in Fortnite schiet hij iedereen dood",
    "Pubers vinden alles stom, ik wil gewoon weten wat ik moet doen.",
    "mijn hart bloedt als ik hem zo zie ploeteren",
    "een bloedneus in de les, en ik hoor het nu pas",
    "bloedserieus, wie bedenkt zo'n toets",
    "wat een geweldige juf hebben jullie",
    "dat gesprek was een klap in mijn gezicht",
    "krijgt hij straks klappen voor zijn optreden",
    "ik durf niet naar de ouderavond",
    "hij durft niet naar huis met een onvoldoende",
    "Ik wil daar niet dood gevonden worden, op zo'n ouderfeest.",
    "ik wil niet leven met de gedachte dat ik tekortschoot op school",
    "wij kunnen niet leven zonder die app van school",
    "kan school er een eind aan maken dat iedereen te laat komt",
    "ik wil een eind aan deze discussie maken",
    "de klas is beter af zonder toetsen",
    "hang me maar op, weer vergeten te trakteren",
    "zijn jas opgehangen en zijn tas vergeten",
    "ik trek me dat gesprek aan",
    "hij trekt zich nergens iets van aan",
    "ze snijdt een lastig onderwerp aan",
    "wie snijdt de taart op het afscheid",
    "een afscheidsbrief voor de juf van groep 8",
    "mijn man staat voor de deur van het lokaal te wachten",
    "fijn dat iedereen weer veilig thuis is van kamp",
    "bel even als je veilig thuis bent",
    "wat doet een pedagogisch medewerker",
    "ouderbijdrage is pure afpersing",
    "ik word verslaafd aan dat Magister",
    "besnijdenis van mijn zoontje, krijg ik daar verlof voor",
    "moeten wij trouwen om allebei gezag te hebben",
    "dat tijdstip is voor mijn man lastig",
    "mijn kind lust sla maar geen wortel",
    "de school ligt langs het spoor",
    "de juf zit aan haar bureau",
    "mijn zoon dreigt zijn opleiding niet af te maken",
    "mijn dochter is alles kwijt uit haar etui",
    "in die klas is het gewoon niet veilig voor stille kinderen",
    "kan het gesprek beter zonder mij",
    "mijn kinderen zijn mijn reden om te leven",
    "mijn kleuter slaat mij als hij boos is",
    "help me nu even met Magister",
    "113 kinderen op het plein en twee juffen",
    "hoeveel kinderen zitten er op school, 112 of meer",
]


def classifier_from(training_data: TrainingData, folder: Path, **config: Any) -> SafetyClassifier:
    """Have the component learn, and load again what it learned, as Rasa does."""
    storage, resource = LocalModelStorage(folder), Resource("safety")
    context = ExecutionContext(GraphSchema({}))
    settings = {**SafetyClassifier.get_default_config(), **config}
    SafetyClassifier.create(settings, storage, resource, context).train(training_data)
    return SafetyClassifier.load(settings, storage, resource, context)


def ranking_of(*probabilities: Tuple[str, float]) -> List[Dict[str, Any]]:
    """Return an intent ranking, the most probable first as TopicClassifier gives it."""
    return [{"name": name, "confidence": confidence} for name, confidence in probabilities]


def classify(
    classifier: SafetyClassifier, text: str, *probabilities: Tuple[str, float]
) -> Tuple[Dict[str, Any], List[Dict[str, Any]]]:
    """Return intent and ranking of `text`, after a classifier that gave these probabilities or was sure of TOPIC."""
    ranking = ranking_of(*(probabilities or [(TOPIC, 1.0)]))
    message = Message(data={TEXT: text, "intent": ranking[0], "intent_ranking": ranking})
    classifier.process([message])
    return message.get("intent"), message.get("intent_ranking")


@pytest.fixture(scope="module")
def training_data() -> TrainingData:
    return load_data(str(ROOT / "data/nlu"))


@pytest.fixture(scope="module")
def classifier(training_data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> SafetyClassifier:
    """With the phrases of data/nlu."""
    return classifier_from(training_data, tmp_path_factory.mktemp("phrases"))


@pytest.fixture
def without_phrases(tmp_path: Path) -> SafetyClassifier:
    """What the probabilities alone do."""
    return classifier_from(TrainingData(), tmp_path)


@pytest.mark.parametrize(("intent", "text"), CAUGHT, ids=[text for _, text in CAUGHT])
def test_a_phrase_of_danger_comes_first(classifier: SafetyClassifier, intent: str, text: str) -> None:
    found = {"name": intent, "confidence": 1.0}
    assert classify(classifier, text) == (found, [found])


@pytest.mark.parametrize("text", LEFT_ALONE, ids=LEFT_ALONE)
def test_figures_of_speech_and_negations_are_left_alone(classifier: SafetyClassifier, text: str) -> None:
    assert classify(classifier, text) == (ranking_of((TOPIC, 1.0))[0], ranking_of((TOPIC, 1.0)))


def test_the_sentences_above_are_no_training_sentences(training_data: TrainingData) -> None:
    known = {normalize(example.get(TEXT)) for example in training_data.intent_examples}
    assert not {normalize(text) for text in [*LEFT_ALONE, *(text for _, text in CAUGHT)]} & known


def test_no_harmless_training_sentence_has_a_phrase(classifier: SafetyClassifier, training_data: TrainingData) -> None:
    harmless = [example.get(TEXT) for example in training_data.intent_examples if not is_safety(example.get("intent"))]
    caught = [text for text in harmless if classify(classifier, text)[0]["name"] != TOPIC]
    assert harmless and caught == []


def test_a_phrase_is_found_anywhere_in_a_long_message(classifier: SafetyClassifier) -> None:
    text = "Wij wonen hier sinds mei.\n" * 50 + "\nZE  ZEGT DAT ZE\nNIET MEER WIL LEVEN\n" + "Nou ja, dag. " * 50
    assert classify(classifier, text)[0]["name"] == SUICIDE


def test_danger_now_goes_before_what_led_to_it(classifier: SafetyClassifier) -> None:
    text = "ze wil niet meer leven en heeft net dertig pillen geslikt"
    assert classify(classifier, text)[0]["name"] == DANGER


def test_the_safety_intents_together_reach_the_threshold(without_phrases: SafetyClassifier) -> None:
    found = {"name": SUICIDE, "confidence": 1.0}
    shared = [(TOPIC, 0.5), (SUICIDE, 0.25), (ABUSE, 0.125), (DANGER, 0.125)]
    assert classify(without_phrases, "hij is zo stil", *shared) == (found, [found])


def test_where_danger_is_likelier_not_what_else_it_can_be_stays_in_the_ranking(
    without_phrases: SafetyClassifier,
) -> None:
    likelier_not = [(TOPIC, 0.625), (SUICIDE, 0.25), (ABUSE, 0.125)]
    found = {"name": SUICIDE, "confidence": 1.0}
    halved = ranking_of((SUICIDE, 1.0), (TOPIC, 0.3125))  # FallbackClassifier takes no two of them for alike
    assert classify(without_phrases, "hij is zo stil", *likelier_not) == (found, halved)


def test_below_the_threshold_nothing_changes(without_phrases: SafetyClassifier) -> None:
    unsure = [(TOPIC, 0.75), ("buiten_bereik", 0.1875), (ABUSE, 0.03125), (DANGER, 0.03125)]
    assert classify(without_phrases, "hij is zo stil", *unsure) == (ranking_of(*unsure)[0], ranking_of(*unsure))


@pytest.mark.parametrize(("threshold", "expected"), [(0.25, ABUSE), (0.26, TOPIC)])
def test_the_threshold_is_a_setting_and_counts_as_reached(tmp_path: Path, threshold: float, expected: str) -> None:
    classifier = classifier_from(TrainingData(), tmp_path, threshold=threshold)
    intent, _ = classify(classifier, "hij is zo stil", (TOPIC, 0.75), (ABUSE, 0.25))
    assert intent["name"] == expected


@pytest.mark.parametrize(
    ("apart", "in_ranking", "joined"), [(0.9, 0.1, 0.5), (0.5, 0.5, 0.5), (0.8, 0.8, 0.8), (None, 0.3, 0.3)]
)
def test_two_opinions_are_joined_in_odds(apart: Optional[float], in_ranking: float, joined: float) -> None:
    ranking = ranking_of((TOPIC, 1 - in_ranking), (ABUSE, in_ranking))
    message = Message(data={TEXT: "hij is zo stil", "intent_ranking": ranking, "danger": apart})
    assert danger_of(message) == pytest.approx(joined)


def test_in_another_script_only_phrases_count(classifier: SafetyClassifier) -> None:
    assert classify(classifier, "привет 😀", (ABUSE, 0.9), (TOPIC, 0.1))[0]["confidence"] == 0.9
    assert classify(classifier, "он не хочет больше жить", (TOPIC, 1.0))[0]["name"] == SUICIDE


def test_a_phrase_in_capitals_which_would_never_be_found_is_refused(tmp_path: Path) -> None:
    data = TrainingData(regex_features=[{"name": ABUSE, "pattern": r"\bBel\W+112\b"}])
    with pytest.raises(ValueError, match="small letters"):
        classifier_from(data, tmp_path)


@pytest.mark.parametrize("text", ["wolf", "een beer", "de aap", "leeuw"])
def test_phrases_of_every_form_are_found(tmp_path: Path, text: str) -> None:
    patterns = [r"\bwolf\b", r"\bhond|beer", r"(?s)\baap\b", r"\b(l)eeuw"]
    features = [{"name": ABUSE, "pattern": pattern} for pattern in patterns]
    classifier = classifier_from(TrainingData(regex_features=features), tmp_path)
    assert classify(classifier, text, (TOPIC, 1.0))[0]["name"] == ABUSE


def test_a_phrase_overrules_the_probabilities(classifier: SafetyClassifier) -> None:
    intent, _ = classify(classifier, "mijn zoon wil dood", (ABUSE, 0.9), (TOPIC, 0.1))
    assert intent == {"name": SUICIDE, "confidence": 1.0}


@pytest.mark.parametrize(
    "text",
    [
        "ik schrik me dood van dat cijfer",
        "hij lacht zich kapot in de les",
        "ik ben doodmoe van het overleg",
        "ik kan die directeur wel schieten",
        "over mijn lijk dat hij blijft zitten",
    ],
)
def test_a_figure_of_speech_asks_for_more_certainty(classifier: SafetyClassifier, text: str) -> None:
    doubtful = classify(classifier, text, ("veiligheid.zelfdoding", 0.6), (TOPIC, 0.4))
    assert doubtful == ({"name": TOPIC, "confidence": 0.4}, [{"name": TOPIC, "confidence": 0.4}])
    certain, _ = classify(classifier, text, ("veiligheid.zelfdoding", 0.9), (TOPIC, 0.1))
    assert certain["confidence"] == 1.0


def test_a_phrase_of_danger_goes_before_a_figure_of_speech(classifier: SafetyClassifier) -> None:
    intent, _ = classify(classifier, "ik schrik me dood: mijn dochter wil niet meer leven")
    assert intent == {"name": "veiligheid.zelfdoding", "confidence": 1.0}
