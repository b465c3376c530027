#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/dynamics/org/org.h"
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
    /// The Dynamics org; its state lies beside the other one's, whatever is named here.
    dynamics::OrgOptions dynamics{};
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;           ///< of Salesforce; 0: a free one
    std::uint16_t dynamics_port = 0;  ///< the same
    std::optional<std::filesystem::path> ready_file{};
};

/// A sandbox that listens: two orgs, each with a face and an https server of its own, with the certificate
/// authority and its key beside the state file. Destruction stops it.
class Running {
  public:
    static Result<std::unique_ptr<Running>> start(const ServeOptions& options, Clock& clock);
    ~Running();
    [[nodiscard]] const std::string& url() const;
    [[nodiscard]] const std::string& dynamics_url() const;
    /// What of an org folder or a $metadata document didn't fit.
    [[nodiscard]] std::vector<std::string> misfits() const;

  private:
    struct Parts;
    explicit Running(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace koppla::sandbox
