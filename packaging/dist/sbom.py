"""The bill of materials, in CycloneDX: dist/liter-llm-<version>.cdx.json.

Made from the list of crates that the licences are made from, so both agree, and from the C sources
inside two of them, which tools for cargo do not see. The library of CycloneDX writes it and checks
it against the schema.
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timezone
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from files import DIST, epoch, output_of
from linked import Crate, linked
from packageurl import PackageURL
from release import RELEASE, VERSION


def c_sources(crate: Crate) -> list[Component]:
    """C code that a crate carries and compiles: of a project of its own, with its own licence."""
    if crate.name == "tikv-jemalloc-sys":
        version = crate.version.partition("+")[2].partition("-")[0]
        return [component("jemalloc", version, "BSD-2-Clause", "generic")]
    if crate.name == "ring":  # says which commits it is made from nowhere
        return [
            component("boringssl", "", "Apache-2.0 AND ISC", "generic", f"ring@{crate.version}"),
            component("fiat-crypto", "", "MIT", "generic", f"ring@{crate.version}"),
        ]
    return []


def component(name: str, version: str, terms: str, kind: str, inside: str = "") -> Component:
    """One thing that is in the libraries."""
    purl = PackageURL(kind, None, name, version or None, {"inside": inside} if inside else None)
    licenses = [LicenseFactory().make_from_string(terms)] if terms else []
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=version or None,
        bom_ref=str(purl),
        purl=purl,
        licenses=licenses,
    )


def of_crate(crate: Crate) -> Component:
    """A crate, with what it says of itself."""
    made = component(crate.name, crate.version, crate.license, "cargo")
    made.description = crate.description or None
    if crate.repository:
        reference = ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(crate.repository))
        made.external_references.add(reference)
    return made


def standard_library() -> Component:
    """Rust's own, of the compiler that is used."""
    found = re.search(r"\d+\.\d+\.\d+", output_of("rustc", "--version"))
    return component("rust-std", found[0] if found else "", "MIT OR Apache-2.0", "generic")


def make() -> Bom:
    """The whole bill."""
    crates = linked()
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{RELEASE['repository']}/{VERSION}"))
    bom.metadata.timestamp = datetime.fromtimestamp(epoch(), timezone.utc)
    whole = component("liter-llm", VERSION, "MIT OR Apache-2.0", "generic")
    bom.metadata.component = whole
    components = {(crate.name, crate.version): of_crate(crate) for crate in crates}
    for crate in crates:
        made = components[crate.name, crate.version]
        inside = c_sources(crate)
        bom.components.update([made, *inside])
        bom.register_dependency(made, [*(components[need] for need in crate.needs), *inside])
    std = standard_library()
    bom.components.add(std)
    bom.register_dependency(whole, [components["liter-llm-ffi", VERSION], std])
    return bom


def write() -> Path:
    """Writes the file, and checks it against the schema of its version."""
    text = JsonV1Dot6(make()).output_as_string(indent=2) + "\n"
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault:
        raise SystemExit(f"the bill of materials does not fit its schema: {fault}")
    file = DIST / f"liter-llm-{VERSION}.cdx.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    print(f"   {file.name}  {len(make().components)} components")
    return file


if __name__ == "__main__":
    write()
