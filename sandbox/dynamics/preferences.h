#pragma once

#include "http/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

/// What a request prefers, by one or several Prefer headers. [OData 4.0, 8.2.8; Dataverse: Compose HTTP
/// requests]
struct Preferences {
    static Preferences of(const http::Headers& headers);

    std::optional<int> page_rows{};  ///< odata.maxpagesize, 1 to 5,000; others are passed over
    bool tracks_changes = false;
    bool wants_representation = false;
    bool continues_on_error = false;
    std::vector<std::string> annotations{};  ///< patterns of odata.include-annotations

    /// Whether an annotation ("OData.Community.Display.V1.FormattedValue") was asked for.
    [[nodiscard]] bool annotates(std::string_view name) const;
    /// What Preference-Applied says; empty: nothing.
    [[nodiscard]] std::string applied() const;
};

/// How much control information comes with rows.
enum class MetadataLevel { none, minimal, full };
MetadataLevel metadata_level(const http::Headers& headers);

}  // namespace koppla::sandbox::dynamics
