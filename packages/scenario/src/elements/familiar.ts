// Elements that people write often: what a misspelt one was meant to be, and what a shell completes.

export const FAMILIAR_ELEMENTS: readonly string[] = (
  'v4l2src v4l2sink v4l2convert v4l2h264dec v4l2h264enc v4l2h265dec v4l2jpegdec v4l2jpegenc v4l2vp8dec v4l2vp9dec v4l2slh264dec v4l2slh265dec ' +
  'v4l2slvp8dec v4l2slvp9dec kmssink waylandsink glimagesink autovideosink xvimagesink ximagesink fbdevsink fakesink fpsdisplaysink filesrc filesink ' +
  'videotestsrc videoconvert videoconvertscale videoscale videorate videocrop videoflip videobox qtdemux matroskademux tsdemux h264parse h265parse ' +
  'jpegparse vp9parse decodebin decodebin3 parsebin queue tee capsfilter identity libcamerasrc rtspsrc udpsrc udpsink appsrc appsink rtph264depay ' +
  'rtph264pay jpegdec jpegenc x264enc avdec_h264 mp4mux matroskamux splitmuxsink compositor glupload glcolorconvert deinterlace mppvideodec mpph264enc ' +
  'rgaconvert nvv4l2decoder nvvidconv vpudec bayer2rgb input-selector output-selector'
).split(' ')
