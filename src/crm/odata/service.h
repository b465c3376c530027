#pragma once

#include "crm/account_type.h"
#include "crm/connector.h"
#include "crm/odata/session.h"
#include "crm/odata/settings.h"

#include <memory>

namespace koppla::odata {

/// An account's way to a plain OData service: who we are there, and what is repeated. Thread-safe.
class Service final {
  public:
    Service(AccountSettings account, ConnectorParts parts);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    [[nodiscard]] Session& session();
    [[nodiscard]] Usage usage() const;

    /// Reads the service document; `unsupported` where the answer is none of OData 4.
    Result<Identity> check(const Call& call);
    Result<Instant> now(const Call& call);

  private:
    struct Parts;
    Result<http::Response> service_document(std::string_view attempted, const Call& call);
    std::unique_ptr<Parts> parts_;
};

}  // namespace koppla::odata
