#pragma once

#include "base/result.h"
#include "sandbox/dynamics/org/catalog.h"

#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

/// The tables of a $metadata document as a live org answers it. It tells names, types, keys and ways, but
/// neither lengths nor choices: those have usual ones. `misfits` names what became no table or column, one
/// sentence each. [Dataverse: Web API types and operations; OASIS CSDL 4.0]
struct MetadataDocument {
    Catalog catalog;
    std::vector<std::string> misfits;
};
Result<MetadataDocument> read_metadata(std::string_view xml);

/// Whether a file is such a document, by its beginning.
bool is_metadata(std::string_view text);

}  // namespace koppla::sandbox::dynamics
