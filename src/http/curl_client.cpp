#include "http/curl_client.h"

#include "base/guarded.h"
#include "http/curl/destination.h"
#include "http/curl/transfer.h"
#include "http/tls/trust.h"

#include <mutex>
#include <new>
#include <utility>

namespace koppla::http {
namespace {

template <auto release>
struct Release {
    template <class T>
    void operator()(T* handle) const {
        release(handle);
    }
};

/// A multi handle owns the connections that its easy handle makes; one request at a time uses the pair.
struct Handle {
    std::unique_ptr<CURLM, Release<curl_multi_cleanup>> multi{curl_multi_init()};
    std::unique_ptr<CURL, Release<curl_easy_cleanup>> easy{curl_easy_init()};
};

void start_libcurl() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

/// Handles that wait for a request, the last used first: its connection is the likeliest to be alive.
class CurlClient::Connections {
  public:
    explicit Connections(const Transport& transport)
        : authorities_{tls::trusted_authorities(transport.ca_file)} {}

    Result<x509_store_st*> authorities() const {
        if (!authorities_) return authorities_.error();
        return authorities_->get();
    }

    Handle take() {
        return idle_.with([](auto& idle) {
            if (idle.empty()) return Handle{};
            auto handle = std::move(idle.back());
            idle.pop_back();
            return handle;
        });
    }

    void give_back(Handle handle) {
        idle_.with([&](auto& idle) { idle.push_back(std::move(handle)); });
    }

  private:
    Result<tls::StorePointer> authorities_;
    Guarded<std::vector<Handle>> idle_;
};

CurlClient::CurlClient(Transport transport) : transport_{std::move(transport)} {
    start_libcurl();
    connections_ = std::make_unique<Connections>(transport_);
}

CurlClient::~CurlClient() = default;

Result<Response> CurlClient::send(const Request& request, BodySink& sink, const Call& call) {
    const auto url = TRY(check_request(request, transport_.allowed_hosts));
    auto* const authorities = TRY(connections_->authorities());
    if (call.is_over()) return call.cancelled(describe(request));

    auto handle = connections_->take();
    if (!handle.multi || !handle.easy) throw std::bad_alloc{};
    Transfer transfer{{.transport = transport_,
                       .request = request,
                       .url = url,
                       .sink = sink,
                       .call = call,
                       .authorities = authorities}};
    auto result = transfer.run(handle.multi.get(), handle.easy.get());
    connections_->give_back(std::move(handle));
    return result;
}

}  // namespace koppla::http
