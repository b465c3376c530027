#pragma once

#include "crm/connector.h"
#include "http/client.h"
#include "http/handler.h"

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::conformance {

/// A client straight into a handler of the same process: no sockets. Thread-safe if the handler is.
class DirectClient final : public http::Client {
  public:
    explicit DirectClient(http::Handler& handler) : handler_{handler} {}
    Result<http::Response> send(const http::Request& request, http::BodySink& sink,
                                const Call& call) override;

  private:
    http::Handler& handler_;
};

/// In which ways a CRM differs by its nature: data, listed in docs/guide/connectors.md.
struct Quirks {
    /// A window of changes holds deletions too.
    bool has_deletions_in_windows = false;
    /// The CRM says of a whole read how many records it has.
    bool counts_reads = false;
    /// An unchanged description is told without its text.
    bool tells_unchanged_descriptions = false;
    /// A check tells who is logged in, and to what.
    bool tells_its_user = true;
    /// A login that ends is begun again without a person.
    bool renews_logins = true;
};

/// A sandbox org of some thousand contacts with a connector to it: a row of the conformance suite.
class Candidate {
  public:
    virtual ~Candidate() = default;
    virtual CrmConnector& connector() = 0;
    /// Changes, deletes and adds contacts.
    virtual void change(std::int64_t updates, std::int64_t deletes, std::int64_t inserts) = 0;
    /// Every access token is void from now on.
    virtual void end_sessions() = 0;
    /// Makes every mark of a feed too old.
    virtual void expire_feeds() {}
    /// What the sandbox charged, by its own count.
    virtual std::int64_t charged_calls() = 0;
    /// Moves the org's clock on.
    virtual void pass(std::chrono::milliseconds time) = 0;

    std::string contact;    ///< the object
    std::string last_name;  ///< its fields
    std::string email;
    Quirks quirks;
};

struct Row {
    std::string_view name;
    std::unique_ptr<Candidate> (*make)();
};
inline std::ostream& operator<<(std::ostream& out, const Row& row) {
    return out << row.name;
}

inline constexpr std::int64_t contacts = 2'500;

std::unique_ptr<Candidate> salesforce();
std::unique_ptr<Candidate> dynamics_365();
std::unique_ptr<Candidate> plain_odata();

}  // namespace koppla::conformance
