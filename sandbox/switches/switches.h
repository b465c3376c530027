#pragma once

#include "sandbox/org/object.h"
#include "sandbox/route.h"

#include <string>

namespace koppla::sandbox {

// auth.cpp
/// POST /sandbox/auth: what of the app and its user can be set; answers all of it.
Result<Answer> set_auth(Services& services, const Ask& ask);

// hide.cpp
/// POST /sandbox/hide: {"object":"Contact"}, with "fields":["Phone"], or with "where":"LastName = 'x'".
Result<Answer> hide(Services& services, const Ask& ask);
/// DELETE /sandbox/hide: everything is seen again.
Result<Answer> reveal(Services& services, const Ask& ask);

Result<const Object*> object_named(const Services& services, const std::string& name);

}  // namespace koppla::sandbox
