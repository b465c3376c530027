#pragma once

#include "http/message.h"
#include "sandbox/dynamics/org/catalog.h"
#include "sandbox/dynamics/preferences.h"
#include "sandbox/dynamics/resource.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

/// A request to the Web API as a handler sees it. Whoever asks was let in already.
struct Ask {
    const http::Request& request;
    std::string method;             ///< upper case
    std::string root;               ///< "https://127.0.0.1:8443/api/data/v9.2/", with the host that was asked
    std::vector<Segment> segments;  ///< below it
    std::string query;              ///< after '?', as sent
    Preferences preferences;
    MetadataLevel level = MetadataLevel::minimal;
    std::shared_ptr<const Catalog> catalog;  ///< what can be seen

    /// A query option or parameter alias, decoded ("$select", "@p1"). Case-sensitive.
    [[nodiscard]] std::optional<std::string> option(std::string_view name) const {
        return http::form_value(query, name);
    }
    /// "https://…/api/data/v9.2/$metadata#", which a context begins with.
    [[nodiscard]] std::string context() const { return root + "$metadata#"; }
};

}  // namespace koppla::sandbox::dynamics
