#pragma once

#include "base/test/temporary_folder.h"
#include "crm/account_type.h"
#include "crm/salesforce/test/org.h"
#include "http/client.h"
#include "sandbox/face.h"
#include "simulation/chance.h"
#include "simulation/fate.h"
#include "simulation/turns.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::simulation {

inline constexpr std::string_view account = "acme";

/// A sandbox on a state file, in process.
class SandboxOrg {
  public:
    SandboxOrg(const std::filesystem::path& state, const Clock& clock);

    sandbox::Org& org() { return *org_; }
    sandbox::Services& services() { return *services_; }
    sandbox::Face& face() { return *face_; }
    /// What an account of this org is made of.
    [[nodiscard]] model::Settings settings() const;
    [[nodiscard]] Secrets secrets() const;

  private:
    sandbox::ShiftedClock clock_;
    std::unique_ptr<sandbox::Org> org_;
    std::unique_ptr<sandbox::Services> services_;
    std::unique_ptr<sandbox::Face> face_;
};

/// The way to the sandbox: answers arrive in pieces of any size, and sometimes not at all.
class Network final : public http::Client {
  public:
    Network(SandboxOrg& org, Chance chance) : org_{org}, chance_{chance} {}
    Result<http::Response> send(const http::Request& request, http::BodySink& sink,
                                const Call& call) override;

    double refusals = 0;                ///< the chance that a request doesn't reach the server
    Fate* fate = nullptr;               ///< of the program that asks
    std::function<void()> before_each;  ///< what others do meanwhile
    std::int64_t requests = 0;
    std::int64_t refused = 0;
    std::uint64_t trace = 14695981039346656037U;  ///< a hash of what was asked and answered, in order

  private:
    Result<http::Response> carry_out(const http::Request& request, http::BodySink& sink, const Call& call);
    Result<void> deliver(std::string_view body, http::BodySink& sink, const Call& call);
    void note(std::string_view text);

    SandboxOrg& org_;
    Chance chance_;
};

/// What every seed begins with, made once: stores that know the objects, and orgs of some sizes.
class Templates {
  public:
    /// Copies into `folder`; where the copy is.
    std::filesystem::path store(const std::filesystem::path& folder);
    std::filesystem::path org(const std::filesystem::path& folder, std::int64_t rows);

  private:
    void make_store();
    void make_folder();

    TemporaryFolder folder_;
};

}  // namespace koppla::simulation
