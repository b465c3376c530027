#pragma once

#include "http/message.h"

#include <map>
#include <string>
#include <string_view>

namespace koppla::sandbox {

/// The fields of a form that was sent, each name once: as application/x-www-form-urlencoded or as
/// multipart/form-data. Client id and secret may come by HTTP Basic instead. [RFC 6749, 2.3.1; RFC 7578]
class Form {
  public:
    static Form of(const http::Request& request);
    /// A query string's.
    static Form of_query(std::string_view query);

    /// Empty where there is no such field.
    [[nodiscard]] std::string operator[](std::string_view name) const {
        const auto found = fields_.find(name);
        return found == fields_.end() ? std::string{} : found->second;
    }

  private:
    void add_basic(const http::Request& request);
    std::map<std::string, std::string, std::less<>> fields_;
};

}  // namespace koppla::sandbox
