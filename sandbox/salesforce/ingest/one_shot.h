#pragma once

#include "base/result.h"
#include "http/message.h"

#include <string>
#include <string_view>

namespace koppla::sandbox {

/// A job with its data in one request of multipart/form-data. [Salesforce: Bulk API 2.0, Create a Job]
struct OneShot {
    std::string_view job;      ///< its description, JSON
    std::string_view content;  ///< CSV
};

[[nodiscard]] bool is_one_shot(const http::Request& request);
/// Views the request's body, which may have 100,000 characters.
Result<OneShot> read_one_shot(const http::Request& request);

}  // namespace koppla::sandbox
