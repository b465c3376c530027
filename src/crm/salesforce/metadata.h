#pragma once

#include "crm/connector.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::salesforce {

/// What a describe says of a field's type. [Salesforce: SOAP API, Field Types]
struct RemoteType {
    std::string_view name;
    int length = 0, precision = 0, scale = 0, digits = 0;
};

/// What becomes of a field: its type, or why it isn't imported as it is.
struct Mapping {
    enum class Outcome { mapped, kept_as_text, compound, binary };
    Outcome outcome = Outcome::mapped;
    model::Type type{};
    bool operator==(const Mapping&) const = default;
};
Mapping mapping_of(const RemoteType& remote);

/// A describe as the API answers it. What can't be mapped is a notice, never an error; `corrupt` where it is
/// no describe, `unsupported` where the object has no record id.
Result<model::ObjectSchema> object_schema(std::string_view describe);

/// describeGlobal, without what is deprecated and hidden.
Result<std::vector<ObjectSummary>> object_summaries(std::string_view describe_global);

/// One `/composite` request for all of them, and what it answered, in the order of the requests.
/// [Salesforce: REST API, Composite; Get Object Metadata Changes]
std::string describe_body(std::span<const DescribeRequest> requests, std::string_view data_path);
Result<std::vector<Result<Described>>> described(std::string_view answer,
                                                 std::span<const DescribeRequest> requests);

}  // namespace koppla::salesforce
