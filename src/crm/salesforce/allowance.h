#pragma once

#include "base/guarded.h"
#include "crm/connector.h"
#include "http/client.h"

#include <cstdint>
#include <string>

namespace koppla::salesforce {

/// Stands closest to the wire: counts the requests that Salesforce charges, repeated ones too, reads from
/// the answers how much of the org's allowance of 24 hours is used, and refuses charged requests
/// (`throttled`, symbol ALLOWANCE_SHARE) that would take it beyond the share that the account may use up.
/// Charged is all below /services/data/vNN but what the session was refused for. Thread-safe.
/// [Salesforce: REST API, Limits; header Sforce-Limit-Info]
class Allowance final : public http::Client {
  public:
    /// `share_percent`: 1 to 100.
    Allowance(http::Client& client, int share_percent) : client_{client}, share_percent_{share_percent} {}

    Result<http::Response> send(const http::Request& request, http::BodySink& sink,
                                const Call& call) override;
    [[nodiscard]] Usage usage() const;
    /// Whether `calls` more are within the share, as far as is known; `attempted` opens the message.
    [[nodiscard]] Result<void> forecast(std::int64_t calls, const std::string& attempted) const;

  private:
    void note(const http::Response& response);

    http::Client& client_;
    const int share_percent_;
    mutable Guarded<Usage> usage_;
};

}  // namespace koppla::salesforce
