#pragma once

#include "base/result.h"

#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// What earlier subrequests answered, for `@{reference.path[0].name}` in later ones.
/// [Salesforce: Composite, Using Reference IDs]
class References {
  public:
    void add(const std::string& reference, std::string answer) {
        answers_.insert_or_assign(reference, std::move(answer));
    }
    /// The text with its references replaced, their values percent-encoded. An error names a reference
    /// without value.
    [[nodiscard]] Result<std::string> resolve_url(std::string_view url) const;
    /// The same in every text of a JSON value. A text that is nothing but one reference takes its value's
    /// type.
    [[nodiscard]] Result<nlohmann::json> resolve(const nlohmann::json& value) const;

  private:
    [[nodiscard]] Result<nlohmann::json> value_of(std::string_view expression) const;
    [[nodiscard]] Result<nlohmann::json> resolve_text(const std::string& text) const;
    std::map<std::string, std::string, std::less<>> answers_;
};

}  // namespace koppla::sandbox
