"""The bill of materials."""

import json
from importlib.metadata import version

from examples import everything

from custodes.register import installed
from custodes.register.sbom import bill_of_materials


def test_it_names_what_is_installed_with_its_version() -> None:
    found = {one.name: one for one in installed()}
    assert found["numpy"].version == version("numpy")
    assert found["reportlab"].licence
    assert list(found) == sorted(found)
    assert installed() == installed()


def test_it_is_cyclonedx_with_packages_and_models() -> None:
    there = everything()
    document = json.loads(bill_of_materials(there.software, there.components, there.models))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"] == {
        "type": "application",
        "bom-ref": "custodes@0.1.0",
        "name": "custodes",
        "version": "0.1.0",
    }
    package, model = document["components"]
    assert (package["purl"], package["licenses"]) == ("pkg:pypi/numpy@2.0", [{"license": {"name": "BSD"}}])
    assert model["type"] == "machine-learning-model"
    assert model["hashes"] == [{"alg": "SHA-256", "content": "ef" * 32}]
