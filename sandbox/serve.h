#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/org/org.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace koppla::sandbox {

struct ServeOptions {
    OrgOptions org{};
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: a free one
    std::optional<std::filesystem::path> ready_file{};
};

/// A sandbox that listens: org, face and https server, with the certificate authority and its key beside the
/// state file. Destruction stops it.
class Running {
  public:
    static Result<std::unique_ptr<Running>> start(const ServeOptions& options, Clock& clock);
    ~Running();
    [[nodiscard]] const std::string& url() const;
    /// What of an org folder didn't fit.
    [[nodiscard]] const std::vector<std::string>& misfits() const;

  private:
    struct Parts;
    explicit Running(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace koppla::sandbox
