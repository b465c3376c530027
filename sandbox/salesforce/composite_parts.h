#pragma once

#include "base/result.h"
#include "http/message.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// One subrequest, as it was written.
struct CompositePart {
    std::string method;
    std::string url;
    std::string reference;
    std::shared_ptr<nlohmann::json> body;  ///< never none; null where there is none
    http::Headers headers;
};

/// The `compositeRequest` of a composite or of one graph: at least one subrequest, each with a referenceId of
/// its own. INVALID_INPUT. [Salesforce: Composite Request Body]
Result<std::vector<CompositePart>> read_parts(const nlohmann::json& body, std::size_t parts_max);

/// One subrequest's place in the answer. The body is spliced in as text: describes are long.
std::string print_part(const CompositePart& part, const http::Response& response);

}  // namespace koppla::sandbox
