/* The embedded .varlink files. */
#pragma once

extern const char hj_idl_hjgate_Store[], hj_idl_hjgate_Meter[], hj_idl_hjgate_Uplink[], hj_idl_hjgate_Event[],
        hj_idl_hjgate_Alert[], hj_idl_hjgate_Clock[], hj_idl_hjgate_Judge[], hj_idl_hjgate_Service[];
extern const char hj_idl_org_varlink_service[];
